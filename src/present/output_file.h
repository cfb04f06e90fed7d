// output_file.h — a file that is there whole or not at all: written beside its name, and put there
// when it is complete. Opened before the work begins, so that what cannot be written is said then.
// What is no regular file (a pipe, /dev/null) is written directly.
#pragma once

#include <fstream>
#include <string>

#include "base/error.h"

namespace assay::present {

class OutputFile {
 public:
  OutputFile() = default;
  ~OutputFile();  // without finish(): nothing stays
  OutputFile(const OutputFile&) = delete;
  OutputFile& operator=(const OutputFile&) = delete;

  Result<bool> open(const std::string& path);  // kIo: cannot be written
  bool is_open() const { return stream_.is_open(); }
  std::ostream& out() { return stream_; }
  Result<bool> finish();  // kIo: not all of it could be written

 private:
  std::string path_, target_, temporary_;  // as named; links followed; empty: written directly
  std::ofstream stream_;
};

}  // namespace assay::present
