#include "catalog/hf_config.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <array>
#include <string>
#include <variant>

#include "base/text.h"
#include "catalog/model_size.h"
#include "document/read.h"

namespace assay::catalog {
namespace {

Checked<LanguageModel> read_file(const std::string& folder, const std::string& name) {
  const auto text = document::read_text(ASSAY_SOURCE_DIR "/tests/data/" + folder + "/" + name);
  if (!text) return tl::unexpected(Errors{text.error()});
  return read_hf_config_text(name, *text, name);
}

LanguageModel read_good(const std::string& name) {
  auto model = read_file("hf_configs", name + ".json");
  if (model) return std::move(*model);
  ADD_FAILURE() << render(model.error().front());
  return {};
}

std::string messages(const std::string& name) {
  const auto model = read_file("bad_configs", name + ".json");
  if (model) return "accepted";
  std::string all;
  for (const Error& error : model.error()) all += render(error) + "\n";
  return all;
}

struct Published {
  const char* name;
  double parameters;
};

// Parameter counts of the published checkpoints, to the last one (tied tables counted once).
constexpr std::array kExact{
    Published{"falcon-7b", 6'921'720'704},
    Published{"falcon-40b", 41'303'293'952},
    Published{"gpt2", 124'439'808},
    Published{"gpt2-xl", 1'557'611'200},
    Published{"gpt-neox-20b", 20'554'567'680},
    Published{"pythia-6.9b", 6'857'302'016},
    Published{"gpt-neo-2.7b", 2'651'307'520},
    Published{"opt-6.7b", 6'658'473'984},
    Published{"opt-350m", 331'196'416},
    Published{"bloom-7b1", 7'069'016'064},
    Published{"starcoder", 15'517'456'384},
    Published{"starcoder2-7b", 7'173'923'840},
    Published{"starcoder2-15b", 15'957'889'024},
    Published{"phi-2", 2'779'683'840},
    Published{"phi-3.5-moe", 41'873'153'344},
    Published{"phi-4-mini", 3'836'021'760},
    Published{"stablelm-2-1.6b", 1'644'515'328},
    Published{"stablelm-3b-4e1t", 2'795'443'200},
    Published{"command-r", 34'980'831'232},
    Published{"command-r-plus", 103'810'674'688},
    Published{"aya-23-8b", 8'028'033'024},
    Published{"olmo-7b", 6'888'095'744},
    Published{"olmo-2-7b", 7'298'617'344},
    Published{"olmo-2-13b", 13'716'198'400},
    Published{"olmoe-1b-7b", 6'919'161'856},
    Published{"granite-3.0-8b", 8'170'848'256},
    Published{"granite-3.0-2b", 2'533'531'648},
    Published{"dbrx", 131'596'523'520},
    Published{"jamba-v0.1", 51'570'323'328},
    Published{"mamba-2.8b", 2'768'345'600},
    Published{"falcon-mamba-7b", 7'272'665'088},
    Published{"mamba-codestral-7b", 7'285'403'648},
    Published{"internlm2-7b", 7'737'708'544},
    Published{"internlm3-8b", 8'804'241'408},
    Published{"yi-34b", 34'388'917'248},
    Published{"baichuan2-7b", 7'505'973'248},
    Published{"chatglm3-6b", 6'243'584'000},
    Published{"glm-4-9b", 9'399'951'360},
    Published{"qwen-7b", 7'721'324'544},
    Published{"qwen1.5-moe-a2.7b", 14'315'784'192},
    Published{"qwen2-vl-7b", 8'291'375'616},
    Published{"qwen2.5-vl-7b", 8'292'166'656},
    Published{"llava-1.5-7b", 7'063'427'072},
    Published{"mistral-small-3.1-24b", 24'011'361'280},
    Published{"deepseek-v2", 235'741'434'880},
    Published{"deepseek-v2-lite", 15'706'484'224},
    Published{"deepseek-moe-16b", 16'375'728'128},
    Published{"exaone-3.5-7.8b", 7'818'448'896},
    Published{"seed-oss-36b", 36'151'104'512},
    Published{"dots.llm1", 142'774'381'696},
    Published{"ling-lite", 16'801'974'272},
    Published{"hunyuan-a13b", 80'393'183'232},
    Published{"minimax-text-01", 456'089'655'296},
    Published{"kimi-linear-48b", 49'122'681'728},
    Published{"smollm3-3b", 3'075'098'624},
    Published{"gemma-7b", 8'537'680'896},
    Published{"gemma-3-1b", 999'885'952},
    Published{"gemma-3-4b", 4'300'079'472},
    Published{"paligemma-3b-224", 2'923'466'480},
    Published{"granite-4.0-h-tiny", 6'939'037'248},
    Published{"solar-10.7b", 10'731'524'096},
};

// Counts that publishers give in words ("314 billion").
constexpr std::array kRounded{
    Published{"command-r7b", 8'030'000'000},
    Published{"granite-3.0-3b-a800m", 3'300'000'000},
    Published{"grok-1", 314'000'000'000},
    Published{"arctic", 480'000'000'000},
    Published{"nemotron-h-8b", 8'100'000'000},
    Published{"qwen2-57b-a14b", 57'410'000'000},
    Published{"ernie-4.5-21b-a3b", 21'800'000'000},
    Published{"ernie-4.5-300b-a47b", 300'000'000'000},
    Published{"step-3.5-flash", 196'810'000'000},
    Published{"bamba-9b", 9'780'000'000},
    Published{"mimo-v2-flash", 309'000'000'000},
};

TEST(HfConfig, CountsEveryParameterOfPublishedCheckpoints) {
  for (const Published& p : kExact) {
    EXPECT_EQ(parameters(read_good(p.name)).total, p.parameters) << p.name;
  }
}

TEST(HfConfig, CountsWithinOnePercentOfRoundedFigures) {
  for (const Published& p : kRounded) {
    EXPECT_NEAR(parameters(read_good(p.name)).total, p.parameters, p.parameters / 100) << p.name;
  }
}

template <class Mixer>
int layers_with(const LanguageModel& model) {
  int sum = 0;
  for (const Block& block : model.blocks) {
    if (std::holds_alternative<Mixer>(block.mixer)) sum += block.count;
  }
  return sum;
}

int layers_windowed(const LanguageModel& model) {
  int sum = 0;
  for (const Block& block : model.blocks) {
    const auto* attention = std::get_if<GroupedQueryAttention>(&block.mixer);
    if (attention != nullptr && attention->window > 0) sum += block.count;
  }
  return sum;
}

TEST(HfConfig, FindsTheLayersOfHybrids) {
  const LanguageModel jamba = read_good("jamba-v0.1");
  EXPECT_EQ(layers_with<GroupedQueryAttention>(jamba), 4);
  EXPECT_EQ(layers_with<StateSpace>(jamba), 28);
  const LanguageModel minimax = read_good("minimax-text-01");
  EXPECT_EQ(layers_with<LinearAttention>(minimax), 70);
  const LanguageModel kimi = read_good("kimi-linear-48b");
  EXPECT_EQ(layers_with<LatentAttention>(kimi), 7);
  const LanguageModel nemotron = read_good("nemotron-h-8b");
  EXPECT_EQ(nemotron.layers(), 52);
  EXPECT_EQ(layers_with<GroupedQueryAttention>(nemotron), 4);
}

TEST(HfConfig, FindsTheLayersWithWindows) {
  EXPECT_EQ(layers_windowed(read_good("gemma-3-1b")), 22);
  EXPECT_EQ(layers_windowed(read_good("command-r7b")), 24);
  EXPECT_EQ(layers_windowed(read_good("mimo-v2-flash")), 40);
  EXPECT_EQ(layers_windowed(read_good("step-3.5-flash")), 33);
  EXPECT_EQ(layers_windowed(read_good("starcoder2-7b")), 32);
  EXPECT_EQ(layers_windowed(read_good("phi-4-mini")), 0) << "the window is beyond the context";
  EXPECT_EQ(layers_windowed(read_good("qwen1.5-moe-a2.7b")), 0) << "use_sliding_window is false";
}

TEST(HfConfig, TakesKeyValueHeadsFromTheFamily) {
  const auto kv_heads = [](const std::string& name) {
    const LanguageModel model = read_good(name);
    return std::get<GroupedQueryAttention>(model.blocks.front().mixer).kv_heads;
  };
  EXPECT_EQ(kv_heads("falcon-7b"), 1);
  EXPECT_EQ(kv_heads("falcon-40b"), 8);
  EXPECT_EQ(kv_heads("starcoder"), 1);
  EXPECT_EQ(kv_heads("chatglm3-6b"), 2);
  EXPECT_EQ(kv_heads("dbrx"), 8);
  EXPECT_EQ(kv_heads("gpt2"), 12);
}

TEST(HfConfig, CountsVisionTowersOutsideTheDecoder) {
  const LanguageModel model = read_good("llava-1.5-7b");
  const ParameterCount count = parameters(model);
  EXPECT_EQ(count.total - count.decoder, model.other_parameters);
  EXPECT_NEAR(model.other_parameters, 0.324e9, 0.001e9);
  EXPECT_EQ(model.hidden, 4096) << "LlamaConfig's default, which the text_config leaves out";
}

TEST(HfConfig, ReadsTextWithPythonsInfinity) {
  const char* text = R"({"architectures": ["LlamaForCausalLM"], "hidden_size": 64,
    "intermediate_size": 256, "num_attention_heads": 4, "num_hidden_layers": 2, "vocab_size": 100,
    "time_step_limit": [0.0, Infinity, -Infinity, NaN], "note": "Infinity \" NaN"})";
  const auto model = read_hf_config_text("config.json", text, "tiny");
  ASSERT_TRUE(model) << render(model.error().front());
  EXPECT_EQ(model->id, "tiny");
}

// Golden messages: what is wrong, where, and what was expected; all at once.
struct Refusal {
  const char* name;
  const char* text;
};

constexpr std::array kRefusals{
    Refusal{"a_list",
            "a_list.json:1:1: error: the file is a list; expected a mapping: a Hugging Face "
            "config.json\n"},
    Refusal{"absurd_sizes",
            "absurd_sizes.json:4:24: error: 'intermediate_size' is -1; expected a whole number "
            "from 1 to 1000000\n"
            "absurd_sizes.json:5:26: error: 'num_attention_heads' is 0; expected a whole number "
            "from 1 to 1000000\n"
            "absurd_sizes.json:6:24: error: 'num_hidden_layers' is 0; expected a whole number "
            "from 1 to 10000\n"
            "absurd_sizes.json:8:17: error: 'vocab_size' is 1e12; expected a whole number from 1 "
            "to 100000000\n"},
    Refusal{"diffusion",
            "diffusion.json:2:18: error: architecture 'UNet2DConditionModel' is not modelled: a "
            "diffusion model is no autoregressive language model; nothing of its shape was read\n"},
    Refusal{"encoder",
            "encoder.json:2:20: error: architecture 'BertForMaskedLM' (model_type 'bert') is not "
            "modelled: an encoder generates no text; hidden size 768, 12 layers, 12 heads, "
            "vocabulary 30522 were read\n"},
    Refusal{"encoder_decoder",
            "encoder_decoder.json:2:20: error: architecture 'T5ForConditionalGeneration' "
            "(model_type 't5') is not modelled: encoder-decoder models (cross-attention to an "
            "encoder's output) are not; hidden size 1024, 24 layers, 16 heads, feed-forward "
            "4096, vocabulary 32128 were read\n"},
    Refusal{"hybrid_pattern",
            "hybrid_pattern.json:4:30: error: layer type 'X' of the pattern is not known; "
            "expected M (mamba), * (attention), - (dense) or E (experts)\n"},
    Refusal{"infinite_size",
            "infinite_size.json:3:18: error: 'hidden_size' is text 'infini'; expected a whole "
            "number from 1 to 1000000\n"},
    Refusal{"missing_keys",
            "missing_keys.json:1:1: error: missing 'hidden_size'; expected a whole number from 1 "
            "to 1000000\n"
            "missing_keys.json:1:1: error: missing 'num_hidden_layers'; expected a whole number "
            "from 1 to 10000\n"
            "missing_keys.json:1:1: error: missing 'vocab_size'; expected a whole number from 1 "
            "to 100000000\n"
            "missing_keys.json:1:1: error: missing 'intermediate_size'; expected a whole number "
            "from 1 to 1000000\n"},
    Refusal{"misspelled_architecture",
            "misspelled_architecture.json:2:20: error: unknown architecture 'LlamaForCasualLM'; "
            "hidden size 4096 was read; expected one of 131 known architectures (assay models "
            "--architectures) (did you mean 'LlamaForCausalLM'?)\n"},
    Refusal{"no_architecture",
            "no_architecture.json:1:1: error: neither 'architectures' nor 'model_type' says what "
            "model this is; hidden size 4096, 32 layers were read; expected a Hugging Face "
            "config.json\n"},
    Refusal{"not_divisible",
            "not_divisible.json:3:18: error: hidden size 4100 is not divisible by 32 heads; "
            "expected 'head_dim', or sizes that divide\n"},
    Refusal{"short_layer_types",
            "short_layer_types.json:5:18: error: layer types for 2 layers; expected one for each "
            "of the 26 layers\n"},
    Refusal{"too_many_experts_a_token",
            "too_many_experts_a_token.json:6:26: error: 16 experts a token of 8; expected at "
            "most as many as there are\n"},
    Refusal{"uneven_groups",
            "uneven_groups.json:7:26: error: 32 heads cannot share 7 KV heads evenly; expected a "
            "number of KV heads that divides the heads\n"},
    Refusal{"unknown_architecture",
            "unknown_architecture.json:2:20: error: unknown architecture 'FooForCausalLM' "
            "(model_type 'foo'); hidden size 4096, 32 layers, 32 heads, vocabulary 128256 were "
            "read; expected one of 131 known architectures (assay models --architectures) (did "
            "you mean 'GlmForCausalLM'?)\n"},
    Refusal{"unknown_layer_type",
            "unknown_layer_type.json:5:18: error: layers of type 'warp_attention' are not "
            "modelled for 'LlamaForCausalLM'\n"},
    Refusal{"unknown_quantisation",
            "unknown_quantisation.json:8:26: error: unknown quantisation method 'aqlm'; expected "
            "fp8, fbgemm_fp8, mxfp4, compressed-tensors, modelopt, modelopt_fp4, modelopt_mixed, "
            "awq, gptq, auto-round, bitsandbytes or quark\n"},
    Refusal{"wrong_types",
            "wrong_types.json:3:18: error: 'hidden_size' is text '4096'; expected a whole number "
            "from 1 to 1000000\n"
            "wrong_types.json:4:24: error: 'intermediate_size' is a list; expected a whole "
            "number from 1 to 1000000\n"
            "wrong_types.json:5:26: error: 'num_attention_heads' is 32.5; expected a whole "
            "number from 1 to 1000000\n"
            "wrong_types.json:6:24: error: 'num_hidden_layers' is true; expected a whole number "
            "from 1 to 10000\n"
            "wrong_types.json:7:26: error: 'num_key_value_heads' is a mapping; expected a whole "
            "number from 1 to 1000000\n"},
};

TEST(HfConfig, RefusesWithEveryReasonAtItsPlace) {
  for (const Refusal& refusal : kRefusals) {
    EXPECT_EQ(messages(refusal.name), refusal.text) << refusal.name;
  }
}

TEST(HfConfig, KnowsItsArchitectures) {
  const std::vector<std::string> known = known_architectures();
  EXPECT_TRUE(std::ranges::is_sorted(known));
  EXPECT_GE(known.size(), 120u);
  for (const char* name : {"LlamaForCausalLM", "DeepseekV3ForCausalLM", "GptOssForCausalLM",
                           "Qwen3VLForConditionalGeneration"}) {
    EXPECT_TRUE(std::ranges::binary_search(known, std::string{name})) << name;
  }
}

}  // namespace
}  // namespace assay::catalog
