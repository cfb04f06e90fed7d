// predict_rows — serves tools/fit_inference.py: predictions of all rows of a file of measurements
// for one set of constants after another, without a process for each.
// argv: the CSV. stdin: two YAML texts (operators, efficiency), each as a line with its length in
// bytes and then the text. stdout: a line with the number of rows, then one line a row: the
// prediction, the model's class, the family and the engine; or "-" and the reason for a refusal.
// Until stdin ends.
#include <iostream>
#include <string>
#include <thread>

#include <fmt/format.h>

#include "catalog/catalog.h"
#include "catalog/efficiency.h"
#include "document/read.h"
#include "evidence/predict.h"
#include "served_rows.h"

using namespace assay;
using fit::read_text;
using fit::report;

int main(int argc, char** argv) {
  if (argc != 2) {
    std::cerr << "usage: predict_rows MEASUREMENTS.csv\n";
    return 2;
  }
  const auto text = document::read_text(argv[1]);
  if (!text) return report({text.error()});
  const auto measurements = evidence::read_measurements(argv[1], *text);
  if (!measurements) return report(measurements.error());
  const auto catalog = catalog::load_catalog({});
  if (!catalog) return report(catalog.error());
  const auto cases = evidence::resolve_all(*measurements, *catalog);
  if (!cases) return report(cases.error());
  const int jobs = static_cast<int>(std::thread::hardware_concurrency());

  std::string operators, efficiency;
  while (read_text(std::cin, operators) && read_text(std::cin, efficiency)) {
    const auto curves = catalog::read_operator_curves("operators", operators);
    if (!curves) return report(curves.error());
    const auto table = catalog::read_efficiency("efficiency", efficiency, *curves);
    if (!table) return report(table.error());
    const auto predictions = evidence::predict_cases(*measurements, *cases, *table, jobs);
    std::string out = fmt::format("{}\n", predictions.size());
    for (const evidence::Prediction& p : predictions) {
      out += p.refusal == evidence::Refusal::kNone
                 ? fmt::format("{:.9g} {} {} {}\n", p.value, p.model_class, p.family, p.engine)
                 : fmt::format("- {} {}\n", evidence::name(p.refusal), p.why);
    }
    std::cout << out << std::flush;
  }
  return 0;
}
