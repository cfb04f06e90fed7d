#!/usr/bin/env python3
"""Fits the constants of data/training.yaml to the published rows of validation/training.csv.

usage: fit_training.py PREDICT_TRAINING_ROWS [--folds K] [--write]

PREDICT_TRAINING_ROWS is the helper program (cmake --build --preset release --target
predict_training_rows, then build/release/tools/predict_training_rows): the model itself, asked for
all rows with one set of constants after another. Needs numpy and PyYAML. Deterministic.

Maximum a posteriori: log-normal priors around physical values, soft-L1 loss on
log(predicted/measured); replicates of one configuration count as one, sources as the square root
of their configurations. Errors and half-widths come from predictions by fits that have not seen
the row: K folds of whole configurations ("seen": the stack, the family, the precision and the
class occur elsewhere), and every source left out in turn ("unseen").
"""
import argparse
import collections
import csv
import hashlib
import json
import math
import subprocess
from pathlib import Path

import numpy as np
import yaml

from fit.constants import Parameter, fit, quantile_over_groups, write

ROOT = Path(__file__).resolve().parent.parent
ROWS = ROOT / 'validation' / 'training.csv'
TABLE = ROOT / 'data' / 'training.yaml'
SECTIONS = ('families', 'links', 'stacks', 'intervals')
NOISE = 0.05        # log error below which the loss is quadratic
PRIOR_WEIGHT = 0.5  # of a prior against one configuration


class Model:
    """The helper program on a file of rows."""

    def __init__(self, program, rows):
        self.process = subprocess.Popen([program, rows], stdin=subprocess.PIPE,
                                        stdout=subprocess.PIPE)

    def predict(self, table):
        """Predictions (nan: refused), and class, family and stack of each row."""
        data = json.dumps(table).encode()
        self.process.stdin.write(b'%d\n' % len(data) + data)
        self.process.stdin.flush()
        lines = [self.process.stdout.readline().decode().rstrip('\n').split(' ', 4)
                 for _ in range(int(self.process.stdout.readline()))]
        values = np.array([float(line[0]) if line[0] != '-' else math.nan for line in lines])
        return values, [line[1:] if line[0] != '-' else None for line in lines]


def read_rows():
    with open(ROWS, newline='') as file:
        return list(csv.DictReader(file))


def source(row):
    return row.get('source_key') or row['source_title']


def group(row):
    return source(row), row['accelerator'], row['model']


def configuration(row):
    """What replicates have in common: all but the value, the release and who ran it."""
    return tuple(row.get(name, '') for name in (
        'source_key', 'accelerator', 'n_accelerators', 'model', 'precision', 'seq_len', 'mbs',
        'gbs', 'tp', 'pp', 'vpp', 'cp', 'ep', 'dp', 'zero_or_fsdp', 'recompute', 'metric', 'task'))


def fitted(row):
    """Whether a row tells about the step: not marked as doubtful, not a whole run."""
    return ('suspect' not in row['notes'] and source(row) != 'colossalai' and
            row['metric'] not in ('time_to_train_min', 'gpu_hours') and
            row['accelerator'] != 'b200-sxm-power-limited')


FAMILY_PRIORS = {  # from operators that were measured alone: tools/fit_training_operators.py
    'ampere': {'sixteen': (0.8, 0.06), 'attention': (0.72, 0.1), 'attention_2': (0.72, 0.1)},
    'hopper': {'sixteen': (0.73, 0.06), 'eight': (0.64, 0.08), 'attention': (0.6, 0.12),
               'attention_2': (0.36, 0.1)},
    'blackwell-ultra': {'sixteen': (0.62, 0.1), 'eight': (0.6, 0.1), 'four': (0.4, 0.12),
                        'attention': (0.61, 0.2), 'attention_2': (0.3, 0.2)},
    # best shapes of products that were measured alone
    'cdna3': {'sixteen': (0.55, 0.1), 'attention_2': (0.15, 0.25)},
    'cdna4': {'sixteen': (0.62, 0.1), 'attention_2': (0.15, 0.25)},
    'tpu': {'sixteen': (0.83, 0.08)},
    'blackwell': {'sixteen': (0.62, 0.1), 'eight': (0.55, 0.1), 'four': (0.45, 0.12),
                  'attention': (0.61, 0.12), 'attention_2': (0.3, 0.2)},
}
FAMILY_FIELDS = {'sixteen': (0.6, 0.2), 'eight': (0.5, 0.2), 'four': (0.4, 0.2),
                 'attention': (0.45, 0.25), 'attention_2': (0.3, 0.25),
                 'attention_backward': (0.85, 0.06), 'memory': (0.82, 0.05)}
STACK_FIELDS = {'matrix': (1, 0.03), 'attention': (0.95, 0.15), 'elementwise': (1.2, 0.3),
                'tensor_exposed': (0.8, 0.3), 'data_exposed': (0.4, 0.4),
                'shard_exposed': (0.25, 0.4), 'layer_host': (0.5, 0.5), 'step_host': (30, 0.7)}
EXPERT_FIELDS = {'expert_kernels': (0.7, 0.15), 'expert_host': (0.8, 0.5),
                 'expert_exposed': (0.8, 0.25), 'expert_casts': (1, 0.4)}
SHARED_FIELDS = {'power_exponent': (0.6, 0.2), 'cast_passes': (1.5, 0.3), 'loss_bytes': (14, 0.2),
                 'expert_offset': (130, 0.5), 'permute_passes': (4, 0.3),
                 'pipeline_exposed': (0.5, 0.4), 'scan_passes': (20, 1.0)}
LINK_FIELDS = {'nvlink': {'bandwidth': (0.8, 0.08), 'latency': (12, 0.3)},
               'network': {'bandwidth': (0.9, 0.08), 'latency': (25, 0.3)},
               'xgmi': {'bandwidth': (0.7, 0.15), 'latency': (15, 0.3)}}
LIMITS = {'data_exposed': 1, 'shard_exposed': 1, 'power_exponent': 1, 'sixteen': 0.92,
          'eight': 0.85, 'four': 0.8, 'attention_backward': 1, 'memory': 0.95,
          'bandwidth': 1, 'pipeline_exposed': 1}


def parameters(facts):
    """What is fitted, with priors: whatever a row tells about."""
    found = []

    def add(section, key, name, fields):
        for field, (prior, sigma) in fields.items():
            found.append(Parameter(section, key, name, field, prior, sigma,
                                   LIMITS.get(field, math.inf)))

    for family in sorted({f[1] for f in facts if f}):
        fields = dict(FAMILY_FIELDS)
        if any(f and f[1] == family and f[0] == 'hybrid' for f in facts):
            fields['scan'] = (1, 0.4)
        fields.update(FAMILY_PRIORS.get(family, {}))
        add('families', 'family', family, fields)
    for stack in sorted({f[2] for f in facts if f} - {'unknown'}):
        add('stacks', 'stack', stack, STACK_FIELDS)
        if any(f and f[2] == stack and f[0] != 'dense' for f in facts):
            add('stacks', 'stack', stack, EXPERT_FIELDS)
    add('shared', None, '', SHARED_FIELDS)
    for kind, fields in LINK_FIELDS.items():
        add('links', 'kind', kind, fields)
    return found


def weights(rows, use):
    """Of each row: replicates share the weight of their configuration, and a source weighs as the
    square root of its configurations."""
    replicates = collections.Counter(configuration(r) for r, u in zip(rows, use) if u)
    sources = collections.Counter(key[0] for key in replicates)
    return np.array([1 / replicates[configuration(r)] / math.sqrt(sources[r.get('source_key')])
                     if u else 0.0 for r, u in zip(rows, use)])


def tier_scores(name, rows, error, facts, use):
    """Prints median and 90th percentile over groups; returns |log error| by tier and group."""
    found = collections.defaultdict(lambda: collections.defaultdict(list))
    merged = collections.defaultdict(list)
    for row, e, fact, used in zip(rows, error, facts, use):
        if used and fact and not math.isnan(e):
            merged[configuration(row)].append((e, row, fact))
    for values in merged.values():
        e, row, fact = np.mean([v[0] for v in values]), values[0][1], values[0][2]
        kind = 'dense' if fact[0] == 'dense' else 'moe'
        found[f'{name} {kind}'][group(row)].append(abs(e))
    for tier, errors in sorted(found.items()):
        medians = [np.median(np.abs(np.expm1(v))) for v in errors.values()]
        rows_all = np.concatenate([np.abs(np.expm1(v)) for v in errors.values()])
        print(f'{tier:14s} groups {len(medians):3d}: {100 * np.median(medians):5.1f} / '
              f'{100 * np.quantile(medians, 0.9):5.1f} %   configurations {len(rows_all):4d}: '
              f'{100 * np.median(rows_all):5.1f} / {100 * np.quantile(rows_all, 0.9):5.1f} %')
    return found


def by_source(rows, error, facts, use):
    found = collections.defaultdict(list)
    for row, e, fact, used in zip(rows, error, facts, use):
        if used and fact and not math.isnan(e):
            kind = 'dense' if fact[0] == 'dense' else 'moe'
            found[source(row), row['accelerator'], kind, fact[2]].append(e)
    for key, values in sorted(found.items()):
        print('  ', *key, len(values), f'bias {100 * np.median(np.expm1(values)):.1f} % '
              f'median {100 * np.median(np.abs(np.expm1(values))):.1f} %')


def count_origins(rows, use, facts, table):
    """Writes how much is behind each family and stack."""
    groups, configurations = (collections.defaultdict(set) for _ in range(2))
    for row, used, fact in zip(rows, use, facts):
        if used and fact:
            for key in (('families', fact[1]), ('stacks', fact[2])):
                groups[key].add(group(row))
                configurations[key].add(configuration(row))
    for section, name in (('families', 'family'), ('stacks', 'stack')):
        for entry in table[section]:
            key = section, entry[name]
            if key in groups and entry[name] != 'unknown':
                entry['confidence'] = 'measured' if len(groups[key]) >= 3 else 'derived'
                entry['origin'] = (f'fit: {len(configurations[key])} configurations, groups: '
                                   f'{len(groups[key])}')
    for entry in table['stacks']:
        ran_on = {f[1] for f, used in zip(facts, use) if used and f and f[2] == entry['stack']}
        if ran_on and entry['stack'] != 'unknown':
            entry['families'] = sorted(ran_on)
    sources = len({source(row) for row, used in zip(rows, use) if used})
    for entry in table['links']:
        if entry['confidence'] == 'measured':
            entry['origin'] = f'fitted with all stacks: {sources} sources'
    table['shared']['origin'] = f'fitted with all stacks: {sources} sources'


def jacobian(predict, table, found, x):
    """d log(predicted) / d log(parameter) of each row."""
    other = json.loads(json.dumps(table))
    for parameter, value in zip(found, x):
        parameter.put(other, math.exp(value))
    base, columns = np.log(predict(other)), []
    for parameter, value in zip(found, x):
        parameter.put(other, math.exp(value + 0.03))
        columns.append(np.nan_to_num(np.log(predict(other)) - base) / 0.03)
        parameter.put(other, math.exp(value))
    return np.array(columns).T


def linear_step(found, x, error, slopes, weight):
    """The first step of a fit with other weights, from where the slopes were taken: so that what no
    row tells about any more is back at its prior."""
    error = np.nan_to_num(error)
    robust = weight / np.sqrt(1 + (error / NOISE) ** 2) / NOISE ** 2
    prior = np.log([p.prior for p in found])
    stiff = (PRIOR_WEIGHT / np.array([p.sigma for p in found])) ** 2
    normal = slopes.T @ (slopes * robust[:, None]) + np.diag(stiff)
    return np.linalg.solve(normal, -(slopes.T @ (robust * error) + stiff * (x - prior)))


class Fit:
    """The rows, the model and the fit of one set of weights."""

    def __init__(self, program):
        self.rows, self.table = read_rows(), yaml.safe_load(TABLE.read_text())
        self.model = Model(program, ROWS)
        self.facts = self.model.predict(self.table)[1]
        self.use = np.array([fitted(row) and fact is not None
                             for row, fact in zip(self.rows, self.facts)])
        self.found = parameters([f for f, u in zip(self.facts, self.use) if u])
        self.measured = np.array([float(row['value']) for row in self.rows])
        self.weight = weights(self.rows, self.use)

    def predict(self, table):
        return self.model.predict(table)[0]

    def error(self, table):
        return np.log(self.predict(table) / self.measured)

    def refit(self, table, weight, iterations, start):
        return fit(self.predict, table, self.found, self.measured, weight, iterations, start,
                   NOISE, PRIOR_WEIGHT, 1e-4)


def widen_unseen(intervals):
    """What was never seen is not surer than what was, however few groups say so."""
    width = {entry['tier']: entry for entry in intervals}
    for kind in ('dense', 'moe'):
        seen, unseen = width[f'seen {kind}'], width[f'unseen {kind}']
        for field in ('half_width', 'half_width_80'):
            unseen[field] = max(unseen[field], seen[field])


def left_out(one, best, folds):
    """What fits say of rows that they have not seen: of left-out configurations, and of left-out
    sources."""
    slopes, error = jacobian(one.predict, one.table, one.found, best), one.error(one.table)

    def without(out):
        other, weight = json.loads(json.dumps(one.table)), one.weight * ~out
        start = best + linear_step(one.found, best, error, slopes, weight)
        one.refit(other, weight, 3, start)
        return one.error(other)[out]

    seen, unseen = (np.full(len(one.rows), math.nan) for _ in range(2))
    fold = np.array([int(hashlib.md5(repr(configuration(r)).encode()).hexdigest(), 16) % folds
                     for r in one.rows])
    for k in range(folds):
        seen[fold == k] = without(fold == k)
    for name in sorted({source(r) for r, u in zip(one.rows, one.use) if u}):
        out = np.array([source(r) == name for r in one.rows])
        unseen[out] = without(out)
    return seen, unseen


def arguments():
    parser = argparse.ArgumentParser(description=__doc__,
                                     formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument('program')
    parser.add_argument('--folds', type=int, default=8, help='0: the fit alone, intervals stay')
    parser.add_argument('--iterations', type=int, default=40)
    parser.add_argument('--anew', action='store_true', help='start from the priors')
    parser.add_argument('--write', action='store_true')
    return parser.parse_args()


def main():
    options = arguments()
    one = Fit(options.program)
    start = [p.prior if options.anew else p.get(one.table) for p in one.found]
    best = one.refit(one.table, one.weight, options.iterations, np.log(start))
    error = one.error(one.table)
    tier_scores('fit', one.rows, error, one.facts, one.use)
    by_source(one.rows, error, one.facts, one.use)
    for parameter in one.found:
        print('   ', parameter.section, parameter.name, parameter.field, parameter.get(one.table),
              f'prior {parameter.prior}')
    count_origins(one.rows, one.use, one.facts, one.table)
    if options.folds > 0:
        seen, unseen = left_out(one, best, options.folds)
        tiers = dict(tier_scores('seen', one.rows, seen, one.facts, one.use))
        tiers.update(tier_scores('unseen', one.rows, unseen, one.facts, one.use))
        by_source(one.rows, unseen, one.facts, one.use)
        one.table['intervals'] = [
            {'tier': tier, 'half_width': round(float(quantile_over_groups(errors, 0.9)), 3),
             'half_width_80': round(float(quantile_over_groups(errors, 0.8)), 3),
             'groups': len(errors),
             'origin': f'{sum(map(len, errors.values()))} configurations that no fit had seen'}
            for tier, errors in sorted(tiers.items())]
        widen_unseen(one.table['intervals'])
        for entry in one.table['intervals']:
            print(entry)
    if options.write:
        write(TABLE, one.table, SECTIONS)


if __name__ == '__main__':
    main()
