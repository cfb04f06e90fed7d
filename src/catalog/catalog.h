// catalog.h — everything that exists, read once and never changed: accelerators, systems, sources.
// The built-in files are inside the binary; a user's folder of the same shape is laid over them
// (same id: replaced). Language models are read one by one (model_library.h): a question needs one,
// not seventy. Thread-safe once loaded.
#pragma once

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "catalog/accelerator.h"
#include "catalog/fact.h"
#include "catalog/system.h"

namespace assay::catalog {

struct Catalog {
  std::vector<Source> sources;            // sorted by id
  std::vector<Accelerator> accelerators;  // sorted by id
  std::vector<System> systems;            // sorted by id
  std::string hash;                       // of all bytes read, built-in and overlay
  std::string date;                       // newest date in the data: "2026-11-22"

  const Source& source(SourceId id) const { return sources[id.index]; }
  // By id or alias, case-insensitive; null when unknown.
  const Accelerator* accelerator(std::string_view id) const;
  const System* system(std::string_view id) const;
  // The error for an unknown id: "unknown accelerator 'h20O'" with the nearest ids.
  Error unknown_accelerator(std::string_view id) const;
  Error unknown_system(std::string_view id) const;
};

// A file to be read: name for messages, text. The kind follows from the folder in the name
// (accelerators/, systems/).
struct CatalogFile {
  std::string name;
  std::string text;
};

// The built-in catalog, with the files of `overlay` laid over it.
Checked<Catalog> load_catalog(const std::vector<CatalogFile>& overlay);

// The same over another foundation than the built-in one: for tests and tools.
Checked<Catalog> load_catalog_from(const std::vector<CatalogFile>& built_in,
                                   const std::vector<CatalogFile>& overlay);

// Reads a user's folder: DIR/{accelerators,systems}/*.yaml and DIR/sources.yaml, sorted by name.
Checked<std::vector<CatalogFile>> read_overlay(const std::string& folder);

}  // namespace assay::catalog
