/** The project's goals for speed, and whether a run has reached them. */

import { short, table } from './report-tables.mjs';

const PEER = 'triton';
const OWN = 'nereid';

/** How many times better than Triton a workload has to be: requests per second, and CPU time. */
const RATIO_GOALS = [
  { name: 'python-grpc', perSecond: 7, cpuUs: 8 },
  { name: 'python-stream', perSecond: 7, cpuUs: 8 },
  { name: 'python-http-json', perSecond: 3.5, cpuUs: 4 },
  { name: 'python-http-binary', perSecond: 3.5, cpuUs: 4 },
  { name: 'python-600kB-grpc', cpuUs: 1.7 },
  { name: 'python-600kB-http-binary', cpuUs: 3 },
  { name: 'python-batched-grpc', cpuUs: 4 },
  { name: 'python-batched-http-binary', cpuUs: 4 },
];
/** Microseconds of CPU time a request. */
const CPU_GOALS = [
  { name: 'identity-grpc', us: 10 },
  { name: 'identity-http-binary', us: 18 },
  { name: 'identity-http-json', us: 22 },
];
const ONNX_PER_CORE = 25_000;
const ENSEMBLE_US = 8;
const CLASSIFIER_SHARE = 0.97;
const START_MS = 800;
const IDLE_MB = 200;
const RATIO_TITLES = { perSecond: 'requests/s against Triton', cpuUs: 'CPU against Triton' };

/** Of a report, each as `{ title, goal, measured, isReached }`; what was not measured is left out. */
export function goalsOf({ rows = [], classifier, perfAnalyzer, startUp, scale }) {
  const find = (name) => rows.find((row) => row.name === name && row.isUsual);
  return [
    ...RATIO_GOALS.flatMap((goal) => ratioGoals(goal, find(goal.name))),
    ...CPU_GOALS.flatMap(({ name, us }) => atMost(`${name}, CPU µs`, us, cpuOf(find(name)))),
    ...perCoreGoal(find('onnx-tiny-grpc')),
    ...ensembleGoal(find('identity-ensemble-grpc'), find('identity-grpc')),
    ...(classifier ? classifierGoals(classifier) : []),
    ...(perfAnalyzer ? perfAnalyzerGoals(perfAnalyzer) : []),
    ...(startUp ? startUpGoals(startUp) : []),
    ...(scale ? scale.map(scaleGoal) : []),
  ];
}

export function goalsTable(goals) {
  const lines = goals.map(({ title, goal, measured, isReached }) => [
    ...[title, goal, measured, isReached ? 'yes' : 'no'],
  ]);
  return table(['goal', 'wanted', 'measured', 'reached'], lines);
}

function ratioGoals({ name, ...wanted }, row) {
  const ratios = row?.ratios[PEER];
  if (!ratios) return [];
  return Object.entries(wanted).flatMap(([figure, least]) =>
    atLeast(`${name}, ${RATIO_TITLES[figure]}`, least, ratios[figure].median),
  );
}

/** What a core of the server could do, if it did nothing else. */
function perCoreGoal(row) {
  const us = cpuOf(row);
  return us === undefined
    ? []
    : atLeast('onnx-tiny-grpc, requests/s on a core', ONNX_PER_CORE, 1e6 / us);
}

function ensembleGoal(ensemble, single) {
  const [all, one] = [cpuOf(ensemble), cpuOf(single)];
  if (all === undefined || one === undefined) return [];
  return atMost('ensemble of 3 identities over 1, added CPU µs', ENSEMBLE_US, all - one);
}

function classifierGoals({ batched, unbatched }) {
  return [
    ...atLeast('classifier, dynamic batching, against ONNX Runtime', CLASSIFIER_SHARE, batched),
    ...atLeast('classifier, batch 1, against ONNX Runtime', CLASSIFIER_SHARE, unbatched),
  ];
}

function perfAnalyzerGoals(rows) {
  return ['p50Us', 'p99Us'].map((figure) => {
    const below = rows.filter(({ results }) => results[OWN][figure] < results[PEER]?.[figure]);
    const others = rows.filter((row) => !below.includes(row));
    const places = others.map(({ protocol, inFlight }) => `${protocol} ${inFlight}`);
    return {
      title: `perf_analyzer, ${figure.slice(0, 3)} below Triton's`,
      goal: `${rows.length} of ${rows.length}`,
      measured: `${below.length}${places.length > 0 ? `, not ${places.join(', ')}` : ''}`,
      isReached: others.length === 0,
    };
  });
}

function startUpGoals({ startMs, residentBytes }) {
  return [
    ...atMost('start to ready with the classifier, ms', START_MS, startMs.median),
    ...atMost('idle memory with it, MB', IDLE_MB, residentBytes.median / 1e6),
  ];
}

function scaleGoal({ name, what, few, many, ratio, isVisible }) {
  return {
    title: `${name}: ${many} ${what}, not ${few}`,
    goal: 'CPU as before',
    measured: `${short(ratio.median)}×`,
    isReached: !isVisible,
  };
}

function cpuOf(row) {
  return row?.results[OWN]?.cpuUs?.median;
}

function atLeast(title, least, value) {
  if (value === undefined) return [];
  return [{ title, goal: `≥ ${least}`, measured: short(value), isReached: value >= least }];
}

function atMost(title, most, value) {
  if (value === undefined) return [];
  return [{ title, goal: `≤ ${most}`, measured: short(value), isReached: value <= most }];
}
