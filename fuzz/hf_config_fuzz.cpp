// hf_config_fuzz.cpp — any bytes as a config.json: refused with reasons that have a place, or a
// model whose figures are finite and agree with each other.
#include <cmath>
#include <cstddef>
#include <cstdint>
#include <string_view>

#include "catalog/hf_config.h"
#include "catalog/model_size.h"
#include "document_check.h"

namespace {

using assay::catalog::Format;

void check(const assay::catalog::LanguageModel& model) {
  ASSAY_ASSERT(model.layers() >= 1 && model.hidden >= 1 && model.vocabulary >= 1);
  const auto count = assay::catalog::parameters(model);
  ASSAY_ASSERT(std::isfinite(count.total) && count.decoder > 0 && count.total >= count.decoder);
  ASSAY_ASSERT(count.active <= count.decoder && count.routed <= count.decoder);
  ASSAY_ASSERT(weight_bytes(model).base() > 0);
  ASSAY_ASSERT(weight_bytes(model, Format::kFp8) <= weight_bytes(model, Format::kFp32));
  const double token = kv_bytes_per_token(model, Format::kBf16).base();
  const double context = kv_bytes(model, 1000, Format::kBf16).base();
  ASSAY_ASSERT(token >= 0 && context >= 999.999 * token && std::isfinite(context));
  ASSAY_ASSERT(flops_per_token(model, 1000) >= flops_per_token(model, 0));
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto model = assay::catalog::read_hf_config_text("fuzz", text, "fuzz");
  if (!model) {
    assay::fuzz::check(model.error());
  } else {
    check(*model);
  }
  return 0;
}
