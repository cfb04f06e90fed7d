// predict_training_rows — serves tools/fit_training.py: predictions of all rows of a file of
// training measurements for one set of constants after another, without a process for each.
// argv: the CSV. stdin: YAML texts (data/training.yaml), each as a line with its length in bytes
// and then the text. stdout: a line with the number of rows, then one line a row: the prediction,
// the model's class, the family and the stack; or "-" and the reason for a refusal. Until stdin
// ends. Layouts that rows leave open are chosen with the first set of constants.
#include <iostream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/training_table.h"
#include "document/read.h"
#include "evidence/training_predict.h"
#include "served_rows.h"

using namespace assay;
using fit::read_text;
using fit::report;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: predict_training_rows MEASUREMENTS.csv\n";
    return 2;
  }
  const auto text = document::read_text(argv[1]);
  if (!text) return report({text.error()});
  const auto rows = evidence::read_training_measurements(argv[1], *text);
  if (!rows) return report(rows.error());
  const auto catalog = catalog::load_catalog({});
  if (!catalog) return report(catalog.error());
  const auto cases = evidence::resolve_training(*rows, *catalog);
  if (!cases) return report(cases.error());
  const int jobs = static_cast<int>(std::thread::hardware_concurrency());

  std::vector<evidence::ChosenLayout> layouts;  // of the first set: what is fitted stays smooth
  std::string constants;
  while (read_text(std::cin, constants)) {
    const auto table = catalog::read_training("training", constants);
    if (!table) return report(table.error());
    if (layouts.empty()) layouts = evidence::choose_layouts(*cases, *table, jobs);
    const auto predictions = evidence::predict_layouts(*rows, *cases, layouts, *table, jobs);
    std::string out = fmt::format("{}\n", predictions.size());
    for (const auto& p : predictions) {
      if (p.refusal != evidence::Refusal::kNone) {
        out += fmt::format("- {} {}\n", name(p.refusal), p.why);
      } else {
        out += fmt::format("{:.9g} {} {} {} {}\n", p.value, p.model_class, p.family, p.engine,
                           p.layout);
      }
    }
    std::cout << out << std::flush;
  }
  return 0;
}
