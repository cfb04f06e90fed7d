#include "catalog/catalog.h"

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <map>
#include <utility>

#include "base/hash.h"
#include "base/nearest.h"
#include "base/parallel.h"
#include "base/text.h"
#include "catalog/check_references.h"
#include "catalog/embedded.h"
#include "catalog/read_subject.h"
#include "document/read.h"

namespace assay::catalog {
namespace {

using document::Document;

enum class FileKind : std::uint8_t { kSources, kAccelerator, kSystem, kUnknown };
enum class Layer : std::uint8_t { kBuiltIn, kOverlay };

struct FileView {
  std::string_view path, text;
  Layer layer;
};

// One file on its way: its document, then what it describes. Each is worked on by one thread at a
// time.
struct LoadedFile {
  FileView view;
  FileKind kind{};
  std::optional<Document> document;
  std::optional<Accelerator> accelerator;
  std::optional<SystemFile> system;
  Errors errors;
};

constexpr int kJobs = 4;  // more gain nothing: the whole catalog is some 25 ms of work

// The last two parts of a path, "accelerators/h200.yaml": the name that does not depend on the
// machine.
std::string_view name_in_catalog(std::string_view path) {
  const std::size_t slash = path.rfind('/');
  if (slash == std::string_view::npos) return path;
  if (path.substr(slash + 1) == "sources.yaml") return path.substr(slash + 1);
  const std::size_t folder = slash == 0 ? std::string_view::npos : path.rfind('/', slash - 1);
  return path.substr(folder == std::string_view::npos ? 0 : folder + 1);
}

std::string_view stem(std::string_view path) {
  const std::string_view name = path.substr(path.rfind('/') + 1);
  return name.substr(0, name.rfind('.'));
}

FileKind kind_of(std::string_view path) {
  const std::string_view name = name_in_catalog(path);
  if (name == "sources.yaml") return FileKind::kSources;
  if (name.starts_with("accelerators/")) return FileKind::kAccelerator;
  if (name.starts_with("systems/")) return FileKind::kSystem;
  return FileKind::kUnknown;
}

void parse(LoadedFile& file) {
  file.kind = kind_of(file.view.path);
  if (file.kind == FileKind::kUnknown) {
    file.errors.push_back({.what = "the file's folder does not say what it describes",
                           .expected = "accelerators/NAME.yaml, systems/NAME.yaml or sources.yaml",
                           .near = {},
                           .where = Where{.file = std::string(file.view.path)}});
    return;
  }
  auto document = document::read_document(std::string(file.view.path), file.view.text);
  if (document) file.document = std::move(*document);
  else file.errors = std::move(document.error());
}

void check_name(LoadedFile& file, const std::string& id, const Where& where) {
  if (id.empty() || id == stem(file.view.path)) return;
  file.errors.push_back({.what = "the file describes '" + id + "'",
                         .expected = "a file named " + id + ".yaml, or the id '" +
                                     std::string(stem(file.view.path)) + "'",
                         .near = {},
                         .where = where});
}

// Document → thing. The document is freed here, by the thread that made the most of it.
void read_thing(LoadedFile& file, const std::vector<Source>& sources) {
  if (!file.document) return;
  const ReadContext context{*file.document, sources, file.errors};
  if (file.kind == FileKind::kAccelerator) {
    file.accelerator = read_accelerator(context);
    check_name(file, file.accelerator->id, file.accelerator->where);
  } else if (file.kind == FileKind::kSystem) {
    file.system = read_system(context);
    check_name(file, file.system->system.id, file.system->system.where);
  }
  file.document.reset();
}

// Things by id. The overlay replaces what is built in; one layer must not say the same id twice.
template <class Thing>
class Shelf {
 public:
  void put(std::string id, Thing thing, const Where& where, Layer layer, Errors& errors) {
    if (id.empty()) return;  // reported already
    const auto found = things_.find(id);
    if (found != things_.end() && found->second.layer == layer) {
      errors.push_back({.what = "'" + id + "' is also described in " + found->second.where.file,
                        .expected = "one description",
                        .near = {},
                        .where = where});
      return;
    }
    things_.insert_or_assign(std::move(id), Entry{std::move(thing), where, layer});
  }

  std::vector<Thing> take() {  // sorted by id
    std::vector<Thing> things;
    things.reserve(things_.size());
    for (auto& [id, entry] : things_) things.push_back(std::move(entry.thing));
    things_.clear();
    return things;
  }

 private:
  struct Entry {
    Thing thing;
    Where where;
    Layer layer;
  };
  std::map<std::string, Entry> things_;
};

std::vector<Source> all_sources(const std::vector<LoadedFile>& files, Errors& errors) {
  Shelf<Source> shelf;
  for (const LoadedFile& file : files) {
    if (file.kind != FileKind::kSources || !file.document) continue;
    for (Source& source : read_sources(*file.document, errors)) {
      std::string id = source.id;
      shelf.put(std::move(id), std::move(source), file.document->where(file.document->root.mark),
                file.view.layer, errors);
    }
  }
  return shelf.take();
}

std::string hash_of(std::vector<FileView> views) {
  std::ranges::stable_sort(views, {}, [](const FileView& v) { return name_in_catalog(v.path); });
  std::string bytes;
  for (const FileView& view : views) {
    bytes += name_in_catalog(view.path);
    bytes += '\n' + std::to_string(view.text.size()) + '\n';
    bytes += view.text;
  }
  return content_hash(bytes);
}

// In the order of the files, so that the result does not depend on the threads.
std::vector<SystemFile> collect(Catalog& catalog, std::vector<LoadedFile>& files, Errors& errors) {
  Shelf<Accelerator> accelerators;
  Shelf<SystemFile> systems;
  for (LoadedFile& file : files) {
    errors.insert(errors.end(), file.errors.begin(), file.errors.end());
    if (file.accelerator) {
      const Where where = file.accelerator->where;
      std::string id = file.accelerator->id;
      accelerators.put(std::move(id), std::move(*file.accelerator), where, file.view.layer, errors);
    }
    if (file.system) {
      const Where where = file.system->system.where;
      std::string id = file.system->system.id;
      systems.put(std::move(id), std::move(*file.system), where, file.view.layer, errors);
    }
  }
  catalog.accelerators = accelerators.take();
  std::vector<SystemFile> system_files = systems.take();
  for (SystemFile& file : system_files) catalog.systems.push_back(std::move(file.system));
  return system_files;
}

Checked<Catalog> load(const std::vector<FileView>& views) {
  std::vector<LoadedFile> files(views.size());
  parallel_for(files.size(), kJobs, [&](std::size_t i) {
    files[i].view = views[i];
    parse(files[i]);
  });
  Catalog catalog;
  Errors errors;
  catalog.sources = all_sources(files, errors);
  parallel_for(files.size(), kJobs, [&](std::size_t i) { read_thing(files[i], catalog.sources); });
  const std::vector<SystemFile> system_files = collect(catalog, files, errors);
  check_references(catalog, system_files, errors);
  if (!errors.empty()) {
    sort_by_place(errors);
    return tl::unexpected(std::move(errors));
  }
  for (const Source& source : catalog.sources) catalog.date = std::max(catalog.date, source.date);
  catalog.hash = hash_of(views);
  return catalog;
}

void add_views(std::vector<FileView>& views, const std::vector<CatalogFile>& files, Layer layer) {
  for (const CatalogFile& file : files) views.push_back({file.name, file.text, layer});
}

template <class Subject>
const Subject* find(const std::vector<Subject>& subjects, std::string_view name) {
  const std::string wanted = to_lower(name);
  const auto found = std::ranges::lower_bound(subjects, wanted, {}, &Subject::id);
  if (found != subjects.end() && found->id == wanted) return &*found;
  for (const Subject& subject : subjects) {
    for (const std::string& alias : subject.aliases) {
      if (to_lower(alias) == wanted) return &subject;
    }
  }
  return nullptr;
}

template <class Subject>
Error unknown(std::string_view kind, std::string_view id, const std::vector<Subject>& subjects) {
  std::vector<std::string> known;
  for (const Subject& subject : subjects) {
    known.push_back(subject.id);
    known.insert(known.end(), subject.aliases.begin(), subject.aliases.end());
  }
  return {.what = "unknown " + std::string(kind) + " '" + std::string(id) + "'",
          .expected = "an id of the catalog",
          .near = nearest(id, known),
          .where = {}};
}

}  // namespace

const Accelerator* Catalog::accelerator(std::string_view id) const {
  return find(accelerators, id);
}

const System* Catalog::system(std::string_view id) const { return find(systems, id); }

Error Catalog::unknown_accelerator(std::string_view id) const {
  return unknown("accelerator", id, accelerators);
}

Error Catalog::unknown_system(std::string_view id) const { return unknown("system", id, systems); }

Checked<Catalog> load_catalog(const std::vector<CatalogFile>& overlay) {
  std::vector<FileView> views;
  for (const EmbeddedFile& file : embedded_files()) {
    const bool ours = file.path == "data/sources.yaml" ||
                      file.path.starts_with("data/accelerators/") ||
                      file.path.starts_with("data/systems/");
    if (ours) views.push_back({file.path, file.bytes, Layer::kBuiltIn});
  }
  add_views(views, overlay, Layer::kOverlay);
  return load(views);
}

Checked<Catalog> load_catalog_from(const std::vector<CatalogFile>& built_in,
                                   const std::vector<CatalogFile>& overlay) {
  std::vector<FileView> views;
  add_views(views, built_in, Layer::kBuiltIn);
  add_views(views, overlay, Layer::kOverlay);
  return load(views);
}

}  // namespace assay::catalog
