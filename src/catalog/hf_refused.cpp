// Architectures that Assay knows of and refuses, each with its reason.
#include <array>

#include "catalog/hf_family.h"

namespace assay::catalog {
namespace {

struct Refused {
  std::string_view reason;
  std::string_view types;
  std::string_view name_part;  // of the class name; empty: only by type
};

constexpr std::string_view kEncoder = "an encoder generates no text";
constexpr std::string_view kEncoderDecoder =
    "encoder-decoder models (cross-attention to an encoder's output) are not";
constexpr std::string_view kDiffusion = "a diffusion model is no autoregressive language model";

constexpr std::array kRefused{
    Refused{kEncoder,
            "bert roberta xlm-roberta distilbert albert electra deberta deberta-v2 mpnet "
            "modernbert nomic_bert camembert ernie xlnet big_bird longformer new eurobert",
            ""},
    Refused{kEncoder, "", "ForMaskedLM"},
    Refused{"an image or speech encoder generates no text",
            "clip siglip siglip2 vit dinov2 wav2vec2 hubert swin convnext beit", ""},
    Refused{kEncoderDecoder,
            "t5 mt5 umt5 longt5 switch_transformers bart mbart pegasus marian "
            "m2m_100 blenderbot prophetnet led whisper nllb-moe t5gemma florence2 "
            "vision-encoder-decoder encoder-decoder speech_to_text",
            ""},
    Refused{"a classifier or reward model has no output table: only models that generate text are "
            "modelled",
            "", "ForSequenceClassification"},
    Refused{"a classifier or reward model has no output table: only models that generate text are "
            "modelled",
            "", "ForTokenClassification"},
    Refused{"a classifier or reward model has no output table: only models that generate text are "
            "modelled",
            "", "RewardModel"},
    Refused{kDiffusion, "", "UNet"},
    Refused{kDiffusion, "", "Transformer2DModel"},
    Refused{kDiffusion, "", "Transformer3DModel"},
    Refused{kDiffusion, "", "Pipeline"},
    Refused{kDiffusion, "", "Autoencoder"},
    Refused{"generates by diffusion, not token by token", "llada dream sdar llada_moe diffucoder",
            ""},
    Refused{"compressed attention (keys and values joined over several tokens, hyper-connections) "
            "is not",
            "deepseek_v4 deepseek_ref", "DeepseekV4"},
    Refused{"layers that attend to an image encoder's output (cross-attention) are not",
            "mllama mllama_text_model", "Mllama"},
    Refused{"embeddings of their own in every layer and layers that share keys and values are not",
            "gemma3n gemma3n_text", "Gemma3n"},
    Refused{"attention and state space in parallel in one layer are not", "falcon_h1 hymba",
            "FalconH1"},
    Refused{"attention layers shared between positions are not", "zamba zamba2", "Zamba"},
    Refused{"gated linear recurrences are not", "recurrent_gemma", "RecurrentGemma"},
    Refused{"its recurrent layers are not", "rwkv rwkv5 rwkv6 rwkv7 xlstm retnet", "RWKV"},
    Refused{"short convolutions in place of attention are not", "lfm2 lfm2_moe lfm2_vl", "Lfm2"},
    Refused{"two attention parts a layer and experts that do nothing are not",
            "longcat_flash longcat_flash_ngram", "LongcatFlash"},
    Refused{"multi-matrix factorised attention is not", "step3_text step3_vl", "Step3Text"},
    Refused{"block-sparse attention is not", "phi3small minimax_m3", "Phi3Small"},
    Refused{"mixtures of attention heads are not", "jetmoe moduleformer", "JetMoe"},
    Refused{"experts of different kinds for text and images are not", "ernie4_5_moe_vl",
            "Ernie4_5_VL"},
    Refused{"several modalities with models of their own (thinker and talker) are not",
            "qwen2_5_omni qwen3_omni_moe", "Omni"},
    Refused{"adapters on top of shared layers are not", "openelm phi4mm phi4_multimodal",
            "OpenELM"},
};

}  // namespace

std::string refusal(std::string_view architecture, std::string_view type) {
  for (const Refused& refused : kRefused) {
    const bool by_type = lists(refused.types, type);
    const bool by_name = !refused.name_part.empty() &&
                         architecture.find(refused.name_part) != std::string_view::npos;
    if (by_type || by_name) return std::string{refused.reason};
  }
  return {};
}

}  // namespace assay::catalog
