// main.cpp — the only place that knows the process: its arguments, environment, clock, terminals.
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstdlib>
#include <exception>
#include <iostream>
#include <optional>
#include <sstream>
#include <string>
#include <string_view>
#include <system_error>
#include <vector>

#include "present/cli.h"

namespace {

std::optional<std::string> environment_variable(std::string_view name) {
  const char* value = std::getenv(std::string(name).c_str());
  if (value == nullptr) return std::nullopt;
  return value;
}

double seconds() {
  const auto now = std::chrono::steady_clock::now().time_since_epoch();
  return std::chrono::duration<double>(now).count();
}

volatile std::sig_atomic_t interrupts = 0;

extern "C" void note_interrupt(int) {
  interrupts = 1;
  std::signal(SIGINT, SIG_DFL);  // a second one ends the program
}

bool interrupted() {
  static const bool listening = std::signal(SIGINT, note_interrupt) != SIG_ERR;
  return listening && interrupts != 0;
}

// The whole answer to standard output; the errno of a failure, else 0.
int write_out(std::string_view text) {
  while (!text.empty()) {
    const ssize_t written = write(STDOUT_FILENO, text.data(), text.size());
    if (written < 0 && errno != EINTR) return errno;
    if (written > 0) text.remove_prefix(static_cast<std::size_t>(written));
  }
  return 0;
}

}  // namespace

int main(int argc, char** argv) {
  try {
    std::signal(SIGPIPE, SIG_IGN);  // a reader that left is an error of write(), not the end
    const std::vector<std::string> arguments(argv + (argc > 0 ? 1 : 0), argv + argc);
    std::ostringstream out;
    const int status = assay::present::run(
        arguments, {.get = environment_variable, .seconds = seconds, .interrupted = interrupted},
        {.out = out,
         .err = std::cerr,
         .out_is_tty = isatty(STDOUT_FILENO) == 1,
         .err_is_tty = isatty(STDERR_FILENO) == 1});
    const int problem = write_out(out.view());
    if (problem == 0) return status;
    if (problem != EPIPE) {  // who closed the pipe wants to read no more of us
      std::cerr << "error: standard output cannot be written ("
                << std::generic_category().message(problem) << ")\n";
    }
    return assay::present::kFailed;
  } catch (const std::exception& e) {
    std::cerr << "assay: internal error: " << e.what() << "; please report it\n";
    return 1;
  }
}
