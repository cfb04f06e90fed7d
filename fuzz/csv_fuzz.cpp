// csv_fuzz.cpp — any text as a table: refused, or of one width, and the same table when it is
// written again with every cell in quotes.
#include <cstddef>
#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

#include "base/assert.h"
#include "document/table.h"

namespace {

using namespace assay;
using namespace assay::document;

std::string quoted(const std::vector<std::string>& cells) {
  std::string out;
  for (const std::string& cell : cells) {
    out += out.empty() ? "\"" : ",\"";
    for (const char c : cell) out += c == '"' ? std::string{"\"\""} : std::string{c};
    out += '"';
  }
  return out + "\n";
}

}  // namespace

extern "C" int LLVMFuzzerTestOneInput(const std::uint8_t* data, std::size_t size) {
  const std::string_view text{reinterpret_cast<const char*>(data), size};
  const auto table = read_csv("input", text);
  if (!table) {
    ASSAY_ASSERT(!table.error().empty() && table.error().size() <= kErrorsMax + 1);
    for (const Error& error : table.error()) {
      ASSAY_ASSERT(!render(error).empty() && error.what.size() < 500);
    }
    return 0;
  }
  std::string again = quoted(table->columns);
  int line = 0;
  for (const Row& row : table->rows) {
    ASSAY_ASSERT(row.cells.size() == table->columns.size());
    ASSAY_ASSERT(row.line >= line);  // two rows may share a line only around a lone '\r'
    line = row.line;
    again += quoted(row.cells);
  }
  const auto reread = read_csv("again", again);
  ASSAY_ASSERT(reread.has_value() && reread->columns == table->columns);
  ASSAY_ASSERT(reread->rows.size() == table->rows.size());
  for (std::size_t i = 0; i < table->rows.size(); ++i) {
    ASSAY_ASSERT(reread->rows[i].cells == table->rows[i].cells);
  }
  return 0;
}
