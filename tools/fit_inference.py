#!/usr/bin/env python3
"""Fits the end-to-end constants of data/efficiency.yaml to the published rows of validation/.

usage: fit_inference.py PREDICT_ROWS [--folds K] [--write]

PREDICT_ROWS is the helper program (cmake --build --preset release --target predict_rows, then
build/release/tools/predict_rows): the model itself, asked for all rows with one set of constants
after another. Needs numpy and PyYAML. Deterministic. Operator-level constants
(data/operators.yaml) are not touched.

Maximum a posteriori: log-normal priors around physical values, soft-L1 loss on
log(predicted/measured), every (source, accelerator, model) group of a metric weighted by the
fourth root of its rows. Half-widths of the intervals come from leave-groups-out predictions:
K folds of whole groups, each predicted by a fit that has not seen it.
"""
import argparse
import collections
import csv
import hashlib
import json
import math
import subprocess
import tempfile
from pathlib import Path

import numpy as np
import yaml

from fit.constants import Parameter, fit, quantile_over_groups, write

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / 'validation' / 'inference.csv'
TABLE = ROOT / 'data' / 'efficiency.yaml'
KEYS = {'families': 'family', 'links': 'kind', 'engines': 'engine'}
SECTIONS = ('families', 'links', 'engines', 'intervals')
LIMITS = {'expert_spread': 1.0}  # a share
MODES = {'server': 'server', 'offline-max-throughput': 'offline'}
METRICS = {'ttft_ms': 'ttft', 'tpot_ms': 'tpot', 'output_tokens_per_s': 'throughput',
           'total_tokens_per_s': 'throughput', 'requests_per_s': 'throughput'}


class Model:
    """The helper program on a file of rows."""

    def __init__(self, program, rows):
        self.operators = (ROOT / 'data' / 'operators.yaml').read_text()
        self.process = subprocess.Popen([program, rows], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def predict(self, table):
        """Predictions (nan: refused), and class, family and engine of each row."""
        for text in (self.operators, json.dumps(table)):
            data = text.encode()
            self.process.stdin.write(b'%d\n' % len(data) + data)
        self.process.stdin.flush()
        lines = [self.process.stdout.readline().decode().split()
                 for _ in range(int(self.process.stdout.readline()))]
        values = np.array([float(line[0]) if line[0] != '-' else math.nan for line in lines])
        return values, [line[1:4] if line[0] != '-' else None for line in lines]

    def values(self, table):
        return self.predict(table)[0]


def read_rows():
    with open(ROWS, newline='') as file:
        return list(csv.DictReader(file))


def group(row):
    return row['source_title'], row['accelerator'], row['model']


def scored(row):
    """Whether a row counts at all: not marked as an outlier, not speculative, nothing simulated."""
    return not any(mark in row['notes'] for mark in ('suspect', 'SPECULATIVE', 'SIMULATED'))


def fitted(row):
    """Whether a row tells about the step, not about queues, unknown lengths or a tuned rate."""
    load, metric = row['batch_or_concurrency'], row['metric']
    if not scored(row) or metric == 'requests_per_s':
        return False
    if 'MLPerf' in row['source_title'] and 'gpt-oss' in row['model']:
        return False  # the lengths of that data set are assumed
    if 'at once' in load and (metric == 'tpot_ms' or 'GPUStack' in row['source_title']):
        return False
    if metric == 'tpot_ms' and 'rate=' in load:
        return False
    if metric == 'ttft_ms' and row['scenario'] == 'server':
        return load in ('1', '2', '4', '8') and 'prefill workers' not in row['notes']
    return True


def parameters(table, seen):
    """What is fitted, with priors. Families with measured operators start from them."""
    found = []

    def add(section, name, field, prior, sigma):
        key = KEYS.get(section)
        found.append(Parameter(section, key, name, field, prior, sigma,
                               LIMITS.get(field, math.inf)))

    for entry in table['families']:
        name, own = entry['family'], entry['operators'] == entry['family']
        if name not in seen['family']:
            continue
        add('families', name, 'sustained_compute', 0.9 if own else 0.75, 0.15 if own else 0.4)
        add('families', name, 'sustained_memory', 0.95 if own else 0.85, 0.05 if own else 0.3)
        if ('moe', name) in seen['class']:
            add('families', name, 'sustained_experts', 1, 0.3)
    for kind, wait, sigma in (('nvlink', 5, 0.15), ('pcie', 15, 0.15), ('xgmi', 5, 0.15),
                              ('network', 5, 0.08)):
        add('links', kind, 'wait', wait, 0.5)
        add('links', kind, 'sustained', 0.9, sigma)
    for name in [e['engine'] for e in table['engines'] if e['engine'] in seen['engine']]:
        add('engines', name, 'per_layer', 10, 0.4)
        add('engines', name, 'per_layer_prefill', 25, 0.4)
        add('engines', name, 'per_step', 1.5, 0.7)
        rough = name in ('llama.cpp', 'vllm-2023')  # kernels of its own kind, or old ones
        add('engines', name, 'matrix_kernels', 1, 0.4 if rough else 0.1)
        if name == 'llama.cpp':
            add('engines', name, 'memory_kernels', 1, 0.3)
        if ('moe', name) in seen['class']:
            add('engines', name, 'expert_kernels', 1, 0.3)
        if name in seen['served']:
            add('engines', name, 'per_request', 10, 0.7)
    add('shared', '', 'floor_share', 0.6, 0.3)
    add('shared', '', 'expert_spread', 0.7, 0.3)
    return found


def intervals(rows, error, facts):
    """Entries of the table: by metric and class, and by mode where that has ten groups."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for row, e, fact in zip(rows, error, facts):
        if fact is None or not scored(row) or math.isnan(e):
            continue
        regime = f"{METRICS[row['metric']]} {'dense' if fact[0] == 'dense' else 'moe'}"
        found[regime][group(row)].append(abs(e))
        found[f"{MODES.get(row['scenario'], 'batch')} {regime}"][group(row)].append(abs(e))
    entries = []
    for regime, errors in sorted(found.items()):
        if len(regime.split()) == 3 and len(errors) < 10:
            continue
        count = sum(len(rows) for rows in errors.values())
        entries.append({'regime': regime, 'half_width': round(quantile_over_groups(errors, 0.9), 2),
                        'half_width_80': round(quantile_over_groups(errors, 0.8), 2),
                        'groups': len(errors),
                        'origin': f'leave-groups-out predictions of {count:,} rows'})
    return entries


def print_scores(rows, error, facts):
    """Median and 90th percentile over groups of what leave-groups-out predictions miss."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for row, e, fact in zip(rows, error, facts):
        if fact is None or not scored(row) or math.isnan(e):
            continue
        kind = 'dense' if fact[0] == 'dense' else 'moe'
        for name in (kind, 'all'):
            found[row['metric'], row['scenario'], name][group(row)].append(abs(math.expm1(e)))
            found[row['metric'], 'all', name][group(row)].append(abs(math.expm1(e)))
    for key, errors in sorted(found.items()):
        medians = [np.median(values) for values in errors.values()]
        print(*key, len(medians), f'{np.median(medians):.3f} {np.quantile(medians, 0.9):.3f}')


def ratio_intervals(rows, predicted, facts, table):
    """The same of the ratio of two accelerators where nothing else differs, both of families whose
    operators were measured."""
    own = {entry['family'] for entry in table['families'] if entry['operators'] == entry['family']}
    same = ('source_title', 'model', 'weight_precision', 'kv_precision', 'n_accelerators',
            'tp', 'pp', 'ep', 'dp', 'isl', 'osl', 'batch_or_concurrency', 'scenario', 'metric',
            'unit_scope')
    settings = collections.defaultdict(dict)
    for row, value, fact in zip(rows, predicted, facts):
        queued = row['metric'] == 'ttft_ms' and row['scenario'] == 'server'
        if not fact or fact[1] not in own or queued or not scored(row):
            continue
        if 'workers' not in row['notes'] and not math.isnan(value):
            key = tuple(row[name] for name in same) + (fact[2],)
            settings[key].setdefault(row['accelerator'], (value / float(row['value']), fact[0]))
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    for key, each in settings.items():
        names = sorted(each)
        for i, a in enumerate(names):
            for b in names[i + 1:]:
                kind = 'dense' if each[a][1] == 'dense' else 'moe'
                error = abs(math.log(each[a][0] / each[b][0]))
                found[f'ratio {kind}'][key[0], a, b, key[1]].append(error)
    return [{'regime': regime, 'half_width': round(quantile_over_groups(errors, 0.9), 2),
             'half_width_80': round(quantile_over_groups(errors, 0.8), 2), 'groups': len(errors),
             'origin': f'leave-groups-out, {sum(map(len, errors.values())):,} pairs of rows'}
            for regime, errors in sorted(found.items())]


def count_origins(rows, use, facts, table):
    """Writes how much is behind each family and engine."""
    groups = collections.defaultdict(set)
    count = collections.Counter()
    for row, used, fact in zip(rows, use, facts):
        if used and fact:
            for key in (('families', fact[1]), ('engines', fact[2])):
                groups[key].add(group(row))
                count[key] += 1
    for section in ('families', 'engines'):
        for entry in table[section]:
            key = section, entry[KEYS[section]]
            if not count[key]:
                continue
            entry['confidence'] = 'measured' if len(groups[key]) >= 3 else 'derived'
            entry['origin'] = f'fit: {count[key]:,} rows, groups: {len(groups[key])}'


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--folds', type=int, default=8)
    parser.add_argument('--only', metavar='FIELD',
                        help='refit this field alone, from the table; intervals stay')
    parser.add_argument('--write', action='store_true')
    return parser.parse_args()


def main():
    options = arguments()

    rows, table = read_rows(), yaml.safe_load(TABLE.read_text())
    everything = Model(options.program, ROWS)
    facts = everything.predict(table)[1]
    use = np.array([fitted(row) and fact is not None for row, fact in zip(rows, facts)])
    seen = {'family': {f[1] for f, u in zip(facts, use) if u},
            'engine': {f[2] for f, u in zip(facts, use) if u},
            'class': {(('dense' if f[0] == 'dense' else 'moe'), n)
                      for f, u in zip(facts, use) if u for n in f[1:3]},
            'served': {f[2] for r, f, u in zip(rows, facts, use)
                       if u and r['metric'] == 'ttft_ms' and r['scenario'] == 'server'}}
    seen['engine'].discard('unknown')
    found = [p for p in parameters(table, seen) if options.only in (None, p.field)]
    size = collections.Counter((row['metric'], group(row)) for row, u in zip(rows, use) if u)

    with tempfile.NamedTemporaryFile('w', suffix='.csv', newline='') as file:
        writer = csv.DictWriter(file, rows[0].keys())
        writer.writeheader()
        chosen = [row for row, u in zip(rows, use) if u]
        writer.writerows(chosen)
        file.flush()
        model = Model(options.program, file.name)
        measured = np.array([float(row['value']) for row in chosen])
        weight = np.array([size[row['metric'], group(row)] ** -0.75 for row in chosen])
        start = np.log([p.get(table) for p in found])

        predict = model.values
        best = fit(predict, table, found, measured, weight, 8, start)
        if options.only:
            for parameter, x in zip(found, best):
                print(parameter.name, parameter.field, f'{math.exp(x):.3g}')
            if options.write:
                write(TABLE, table, SECTIONS)
            return

        value = np.array([float(row['value']) for row in rows])
        error = np.full(len(rows), math.nan)
        digest = [hashlib.md5(repr(group(row)).encode()).hexdigest() for row in rows]
        fold = np.array([int(text, 16) % options.folds for text in digest])
        chosen_fold = fold[use]
        for k in range(options.folds):
            other = json.loads(json.dumps(table))
            # Half way back to the priors, so that nothing is inherited.
            half_way = 0.5 * best + 0.5 * np.log([p.prior for p in found])
            fit(predict, other, found, measured, weight * (chosen_fold != k), 3, half_way)
            predicted = everything.predict(other)[0]
            error[fold == k] = np.log(predicted / value)[fold == k]
            print(f'fold {k + 1} of {options.folds}', flush=True)
    print_scores(rows, error, facts)
    power = [e for e in table['intervals'] if e['regime'].startswith('power')]
    table['intervals'] = (intervals(rows, error, facts) +
                          ratio_intervals(rows, np.exp(error) * value, facts, table) + power)
    count_origins(rows, use, facts, table)
    for entry in table['intervals']:
        print(entry['regime'], entry['half_width_80'], entry['half_width'], entry['groups'])
    if options.write:
        write(TABLE, table, SECTIONS)


if __name__ == '__main__':
    main()
