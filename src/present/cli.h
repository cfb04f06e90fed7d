// cli.h — the command line: arguments in, exit code out; answers to `out`, all else to `err`.
// Exit codes: 0 answered, 1 internal error, 2 usage, 3 invalid input, 4 infeasible, 5 I/O or a
// declared limit. No global state: environment, clock and streams come in, so that a test can run
// a command in its own process.
#pragma once

#include <functional>
#include <iosfwd>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace assay::present {

inline constexpr int kAnswered = 0;
inline constexpr int kUsage = 2;
inline constexpr int kInvalid = 3;
inline constexpr int kInfeasible = 4;
inline constexpr int kFailed = 5;  // I/O, or a declared limit
inline constexpr int kInterrupted = 130;  // by the user: the answer is of what was done until then

struct Environment {
  std::function<std::optional<std::string>(std::string_view name)> get;  // environment variables
  std::function<double()> seconds;  // a clock that never goes back; for progress only
  // Whether the user wants a long run to stop. The first call takes the signal over from the
  // system, so that only a command that asks again and again may call it; unset: never.
  std::function<bool()> interrupted{};
};

struct Streams {
  std::ostream& out;
  std::ostream& err;
  bool out_is_tty{};
  bool err_is_tty{};
};

// `arguments` without the program's name.
int run(std::span<const std::string> arguments, const Environment& environment, Streams streams);

// "0.1.0"
std::string_view version();

}  // namespace assay::present
