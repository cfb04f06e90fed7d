"""What the fits of constants share: a table's parameters, Levenberg-Marquardt with priors and a
robust loss, quantiles over groups, and the table's layout as text."""
import json
import math

import numpy as np

NOISE = 0.12        # log error below which the loss is quadratic
PRIOR_WEIGHT = 0.5  # of a prior against one group


def number(value):
    """(12.5, 'us') of '12.5 us'; (0.9, '') of 0.9."""
    if isinstance(value, (int, float)):
        return float(value), ''
    text, unit = value.split()
    return float(text), unit


class Parameter:
    """One field of one entry; `key` names the entries of its section, None: the section is one."""

    def __init__(self, section, key, name, field, prior, sigma, limit=math.inf):
        self.section, self.key, self.name, self.field = section, key, name, field
        self.prior, self.sigma, self.limit = prior, sigma, limit

    def entry(self, table):
        if self.key is None:
            return table[self.section]
        return next(e for e in table[self.section] if e[self.key] == self.name)

    def get(self, table):
        return number(self.entry(table).get(self.field, 1.0))[0]

    def put(self, table, value):
        entry = self.entry(table)
        value = min(value, self.limit)
        unit = number(entry.get(self.field, 1.0))[1]
        entry[self.field] = f'{value:.3g} {unit}' if unit else float(f'{value:.3g}')


def loss(error, noise=NOISE):
    """Soft L1 as a signed residual whose square it is."""
    scaled = error / noise
    return np.sign(scaled) * np.sqrt(2 * (np.sqrt(1 + scaled * scaled) - 1))


def fit(predict, table, found, measured, weight, iterations, start, noise=NOISE,
        prior_weight=PRIOR_WEIGHT, stop=1e-3):
    """Levenberg-Marquardt on the logarithms of the parameters. Changes `table`."""
    prior = np.log([p.prior for p in found])
    sigma = np.array([p.sigma for p in found])
    root = np.sqrt(weight)

    def residuals(x):
        for parameter, value in zip(found, x):
            parameter.put(table, math.exp(value))
        error = np.nan_to_num(np.log(predict(table) / measured))
        return np.concatenate([loss(error, noise) * root, (x - prior) / sigma * prior_weight])

    x, damping = start.copy(), 1e-2
    now = residuals(x)
    for _ in range(iterations):
        columns = []
        for k in range(len(x)):
            moved = x.copy()
            moved[k] += 0.03
            columns.append((residuals(moved) - now) / 0.03)
        jacobian = np.array(columns).T
        normal, gradient = jacobian.T @ jacobian, jacobian.T @ now
        for _ in range(8):
            step = np.linalg.solve(normal + damping * np.diag(np.diag(normal) + 1e-6), -gradient)
            trial = x + np.clip(step, -0.5, 0.5)
            there = residuals(trial)
            if there @ there < now @ now:
                break
            damping *= 4
        else:
            break
        gain = 1 - (there @ there) / (now @ now)
        x, now, damping = trial, there, max(damping / 4, 1e-4)
        if gain < stop:
            break
    for parameter, value in zip(found, x):
        parameter.put(table, math.exp(value))
    return x


def quantile_over_groups(errors, level):
    """Quantile of rows, every group with equal weight, at the level that so many groups need."""
    groups = len(errors)
    level = min(1.0, level * (groups + 1) / groups)
    pairs = sorted((e, 1 / len(rows)) for rows in errors.values() for e in rows)
    reached = 0.0
    for error, weight in pairs:
        reached += weight / groups
        if reached >= level - 1e-12:
            return error
    return pairs[-1][0]


def plain(value):
    if isinstance(value, list):
        return '[' + ', '.join(map(plain, value)) + ']'
    return str(value).lower() if isinstance(value, bool) else str(value)


def flow(entry):
    quoted = ('origin', 'since', 'regime', 'tier')
    return '{ ' + ', '.join(f'{k}: {json.dumps(v) if k in quoted else plain(v)}'
                            for k, v in entry.items()) + ' }'


def write(path, table, sections):
    """The file anew: its opening comment stays, the entries are laid out as flow mappings."""
    text = path.read_text()
    lines = [text[:text.index('\nshared:')], 'shared:']
    for key, value in table['shared'].items():
        lines.append(f'  {key}: {json.dumps(value) if key == "origin" else value}')
    for section in sections:
        lines += ['', f'{section}:'] + [f'  - {flow(entry)}' for entry in table[section]]
    path.write_text('\n'.join(lines) + '\n')
