// names.h — what the names in files of published measurements stand for: accelerators, engines,
// precisions, and the published checkpoint of a model in another format. All of it is data
// (data/names/inference.yaml); the code knows only "contains", "version within" and "date within".
// Plain values, immutable after loading.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "base/quantity.h"
#include "catalog/format.h"

namespace assay::evidence {

struct AcceleratorName {
  std::string name;
  std::string accelerator, system;  // ids of the catalog; no system: the accelerator alone
  std::optional<Watts> power_limit;
  std::string assumed;  // what the name leaves open, and how it is read
  std::string refuse;   // why the name stands for nothing that can be calculated
};

struct CheckpointName {
  std::string model;       // short id
  std::string weights;     // as in the measurements: "fp4"
  std::string checkpoint;  // short id
};

// Every condition that is given must hold.
struct EngineRule {
  std::string engine, contains, from, below, since, before, vendor;
  std::string generation;
  std::optional<catalog::Format> kv_cache;
};

struct EngineName {
  std::string generation{"unknown"};        // an engine of data/efficiency.yaml
  std::optional<catalog::Format> kv_cache;  // with weights of 8 or 4 bits, where nobody says
};

struct PrecisionName {
  std::string name;
  catalog::Format format{};
};

// How a harness of benchmarks reads the lengths that its results name.
struct Harness {
  std::string source;   // in the name of the source
  double length_low{};  // lengths are uniform between this share of the named one and all of it
  double requests_per_place{};  // of a closed loop: requests of the run over its concurrency
};

struct NameTable {
  std::vector<AcceleratorName> accelerators;
  std::vector<CheckpointName> checkpoints;
  std::vector<EngineRule> engines;
  std::vector<PrecisionName> precisions;
  std::vector<Harness> harnesses;

  // Null: not in the table; it may be an id of the catalog.
  const AcceleratorName* accelerator(std::string_view name) const;
  // `date` of the source: "2025-09-09", "~2025-02 (our estimate)" or empty; `vendor` of the
  // accelerator. The first rule that fits; an engine that none fits is "unknown".
  EngineName engine(std::string_view name, std::string_view date, std::string_view vendor) const;
  std::optional<catalog::Format> precision(std::string_view name) const;
  const Harness* harness(std::string_view source) const;  // null: lengths are as named
  // Short id of the model's published checkpoint with such weights; null: none is known.
  const std::string* checkpoint(std::string_view model, std::string_view weights) const;
};

// The built-in table.
Checked<NameTable> load_names();

// A table of the same shape; `file` names it in messages.
Checked<NameTable> read_names(const std::string& file, std::string_view text);

}  // namespace assay::evidence
