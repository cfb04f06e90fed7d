#include "present/search_text.h"

#include <algorithm>
#include <utility>

#include <fmt/format.h>

#include "base/text.h"
#include "base/unit_text.h"
#include "present/colour.h"
#include "present/plot.h"
#include "present/predict_text.h"

namespace assay::present {
namespace {

using search::SearchPoint;
using search::ServingSearch;

constexpr std::size_t kPlotHeight = 16;

std::string rate_text(double value) {
  return value >= 1000 ? grouped_text(value) : number_text(value, 3);
}

std::string wrapped_line(std::string_view text) {
  std::string out;
  for (const std::string& line : wrapped(text, kWidthMax - 2)) {
    out += (out.empty() ? "" : "  ") + line + "\n";
  }
  return out;
}

std::vector<Column> point_columns() {
  return {{.title = "tok/s/accel", .right = true, .key = "per_accelerator"},
          {.title = "tok/s/user", .right = true, .key = "per_user"},
          {.title = "TTFT", .right = true, .key = "ttft"},
          {.title = "TPOT", .right = true, .drop_order = 4, .key = "tpot"},
          {.title = "layout"},
          {.title = "×", .right = true, .key = "replicas"},
          {.title = "weights"},
          {.title = "batch", .right = true},
          {.title = "memory", .right = true, .drop_order = 3},
          {.title = "power", .right = true, .drop_order = 2},
          {.title = "J/token", .right = true, .drop_order = 1, .key = "j_per_token"},
          {.title = "bound", .drop_order = 1}};
}

std::vector<std::string> point_cells(const ServingSearch& search, const SearchPoint& p) {
  const search::SearchedLayout& layout = search.layouts[p.layout];
  const model::Deployment& d = layout.deployment;
  const bool power = p.board > Watts{};
  const std::string unknown{kUnknownText};
  return {rate_text(p.tokens_per_s_per_accelerator),
          rate_text(p.tokens_per_s_per_user),
          to_text(p.ttft, 3),
          to_text(p.tpot, 3),
          layout_text(d),
          std::to_string(layout.replicas),
          std::string{catalog::name(d.weights)},
          grouped_text(p.batch),
          to_text(p.memory, 3),
          power ? to_text(p.board, 3) : unknown,
          power ? number_text(p.joules_per_token, 3) : unknown,
          std::string{model::name(p.bound)}};
}

std::string front_plot(const ServingInputs& inputs, std::span<const FoundPoint> points,
                       const CommonOptions& common) {
  PlotSeries others{"other points", {}, PlotStyle::kDots}, front{"front", {}, PlotStyle::kLine};
  for (const FoundPoint& found : points) {
    const PlotPoint point{found.point->tokens_per_s_per_user,
                          found.point->tokens_per_s_per_accelerator};
    (found.front ? front : others).points.push_back(point);
  }
  if (front.points.size() + others.points.size() < 2) return "";
  Plot plot{.title = "output tok/s per accelerator against tok/s per user",
            .x = {.title = "tok/s per user"},
            .y = {.title = "tok/s per accelerator"},
            .series = {}};
  if (!others.points.empty()) {
    if (inputs.subjects.size() > 1) others.name = "other accelerators and layouts";
    plot.series.push_back(std::move(others));
  }
  plot.series.push_back(std::move(front));
  return "\n" + render_plot(plot, common.unicode, kWidthMax, kPlotHeight);
}

std::string rendered(const TextTable& table, const CommonOptions& common) {
  return render_table(table, OutputFormat::kTable, common.wide ? kWidthUnlimited : kWidthMax,
                      common.colour);
}

std::string rejected_lines(std::span<const ServingSearch> searches) {
  std::string out;
  for (const search::SearchRejection& r : rejections(searches)) {
    out += wrapped_line(fmt::format("  {} × {}, the first: {}", r.count, r.reason, r.example));
  }
  return out;
}

}  // namespace

std::vector<FoundPoint> found_points(std::span<const ServingSearch> searches) {
  std::vector<FoundPoint> found;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    for (const SearchPoint& point : searches[i].points) found.push_back({i, &point, point.front});
  }
  if (searches.size() == 1) return found;  // sorted and marked already
  std::vector<search::RatePair> rates;
  for (const FoundPoint& f : found) {
    rates.push_back({f.point->tokens_per_s_per_user, f.point->tokens_per_s_per_accelerator});
  }
  const std::vector<bool> front = search::pareto_front(rates);
  for (std::size_t i = 0; i < found.size(); ++i) found[i].front = front[i];
  std::stable_sort(found.begin(), found.end(), [](const FoundPoint& a, const FoundPoint& b) {
    if (a.point->tokens_per_s_per_user != b.point->tokens_per_s_per_user) {
      return a.point->tokens_per_s_per_user > b.point->tokens_per_s_per_user;
    }
    return a.point->tokens_per_s_per_accelerator > b.point->tokens_per_s_per_accelerator;
  });
  return found;
}

TextTable search_table(const ServingInputs& inputs, std::span<const ServingSearch> searches,
                       std::span<const FoundPoint> points) {
  TextTable table{point_columns(), {}};
  const bool marked =
      std::any_of(points.begin(), points.end(), [](const FoundPoint& f) { return !f.front; });
  const bool several = searches.size() > 1;
  if (several) table.columns.insert(table.columns.begin(), {.title = "accelerator"});
  if (marked) table.columns.insert(table.columns.begin(), {.title = "", .key = "front"});
  for (const FoundPoint& f : points) {
    std::vector<std::string> cells = point_cells(searches[f.search], *f.point);
    if (several) cells.insert(cells.begin(), inputs.subjects[f.search].title);
    if (marked) cells.insert(cells.begin(), f.front ? "*" : "");
    table.rows.push_back(std::move(cells));
  }
  return table;
}

TextTable best_of_each(const ServingInputs& inputs, std::span<const ServingSearch> searches) {
  std::vector<FoundPoint> best;
  for (std::size_t i = 0; i < searches.size(); ++i) {
    const auto& points = searches[i].points;
    const auto most = std::max_element(points.begin(), points.end(), [](auto& a, auto& b) {
      return a.tokens_per_s_per_accelerator < b.tokens_per_s_per_accelerator;
    });
    if (most != points.end()) best.push_back({i, &*most, true});
  }
  std::stable_sort(best.begin(), best.end(), [](const FoundPoint& a, const FoundPoint& b) {
    return a.point->tokens_per_s_per_accelerator > b.point->tokens_per_s_per_accelerator;
  });
  return search_table(inputs, searches, best);
}

std::vector<search::SearchRejection> rejections(std::span<const ServingSearch> searches) {
  std::vector<search::SearchRejection> all;
  for (const ServingSearch& search : searches) {
    for (const search::SearchRejection& r : search.rejected) {
      const auto same = std::find_if(all.begin(), all.end(),
                                     [&](const auto& known) { return known.reason == r.reason; });
      if (same != all.end()) same->count += r.count;
      else all.push_back(r);
    }
  }
  return all;
}

std::string search_counts(std::span<const ServingSearch> searches) {
  std::size_t candidates = 0, points = 0, slow = 0, run = 0;
  for (const ServingSearch& s : searches) {
    candidates += s.candidates;
    points += s.considered;
    slow += s.too_slow;
    run += s.layouts.size();
  }
  const auto text = [](std::size_t n) { return grouped_text(static_cast<double>(n)); };
  std::string out = fmt::format("{} layouts: {} serve, with {} batches", text(candidates),
                                text(run), text(points));
  if (slow > 0) out += fmt::format(" · {} too slow for a user", text(slow));
  for (const search::SearchRejection& r : rejections(searches)) {
    out += fmt::format(" · {} rejected: {}", r.count, r.reason);
  }
  return out;
}

std::string search_text(const ServingInputs& inputs, std::span<const ServingSearch> searches,
                        const CommonOptions& common, const SearchOptions& options) {
  const search::ServingSubject subject = inputs.subject(0);
  const std::string where = searches.size() > 1 ? fmt::format("{} of each of {} accelerators",
                                                              subject.accelerators, searches.size())
                                                : fleet_title(subject);
  const std::vector<FoundPoint> points = found_points(searches);
  std::vector<FoundPoint> shown = points;
  if (!options.all) std::erase_if(shown, [](const FoundPoint& f) { return !f.front; });
  const std::string head =
      fmt::format("{} on {} · {} in / {} out · {}", subject.model.id, where,
                  grouped_text(options.input), grouped_text(options.output), options.engine);
  std::string out = paint(head, Colour::kBold, common.colour) + "\n";
  out += options.all
             ? "Every layout and batch; * on the front: nothing is better in both rates.\n\n"
             : "The front: no other layout or batch is better in both rates.\n\n";
  out += rendered(search_table(inputs, searches, shown), common);
  out += front_plot(inputs, points, common);
  if (searches.size() > 1) {
    out += "\nEach accelerator at its most tokens/s per accelerator:\n" +
           rendered(best_of_each(inputs, searches), common);
  }
  out += "\n" + wrapped_line(search_counts(searches)) + rejected_lines(searches);
  for (const std::string& why : inputs.unknown) out += wrapped_line("not searched: " + why);
  out += wrapped_line(
      "×: replicas; batch: of one replica, its sequences start and end together; power: mean of a "
      "board. Values without intervals: assay predict serve has them.");
  return out;
}

}  // namespace assay::present
