/** Measures workloads on several servers, which take turns, so that what else happens meets them all. */

import { measureLoad } from './measure-load.mjs';
import { withOtherLoad } from './other-load.mjs';
import { median, spread } from './statistics.mjs';

const FIGURES = ['perSecond', 'p50Us', 'p99Us', 'cpuUs', 'residentBytes', 'ownCpuUs'];
/** A workload runs on each server before the rounds: code that is new is slow. */
const HEAT = { seconds: 0.1, warmUpSeconds: 0.3 };
/** A request of this size takes as long as many that are small. */
const LARGE_TENSOR_BYTES = 65_536;
const LARGE_SHARE = 0.1;

/**
 * `entries` are `{ workload, inFlight, isUsual, isOwn }`, the last for what only the first server is
 * to be measured with; `servers` are `{ peer, server }`. Resolves with a row of each
 * entry: `{ name, inFlight, results, ratios, … }`, both by the name of the peer. A result has the
 * median, lowest and highest of each figure, or a `failure`; ratios are to the first server, medians
 * of the ratios of the rounds. `settings` are `rounds`, `seconds`, `warmUpSeconds` `cpu`, and
 * `isCold` when nothing is to run before the rounds.
 */
export async function takeTurns(entries, servers, settings) {
  const rows = [];
  for (const entry of entries) {
    const measured = Object.fromEntries(servers.map(({ peer }) => [peer.name, []]));
    const otherLoads = [];
    for (const { peer, server } of settings.isCold ? [] : taking(servers, entry)) {
      const isLarge = entry.workload.tensor.values.byteLength > LARGE_TENSOR_BYTES;
      const warmUpRequests = peer.heatRequests * (isLarge ? LARGE_SHARE : 1);
      await measureLoad(server, { ...settings, ...HEAT, warmUpRequests, ...loadOf(entry) });
    }
    for (let round = 0; round < settings.rounds; round += 1) {
      for (const { peer, server } of rotated(taking(servers, entry), round)) {
        const { result, otherLoad } = await withOtherLoad(() =>
          measureLoad(server, { ...settings, ...loadOf(entry) }),
        );
        measured[peer.name].push(result);
        otherLoads.push(otherLoad);
      }
    }
    rows.push(summarize(entry, measured, otherLoads));
    settings.onRow?.(rows.at(-1));
  }
  return rows;
}

function loadOf({ workload, inFlight }) {
  return { workload, concurrency: inFlight };
}

function taking(servers, { workload, isOwn }) {
  return servers.slice(0, isOwn ? 1 : undefined).filter(({ peer }) => peer.supports(workload));
}

/** Each round begins with another server, so that none always follows the same. */
function rotated(list, by) {
  return list.map((_, index) => list[(index + by) % list.length]);
}

function summarize({ workload, inFlight, isUsual }, measured, otherLoads) {
  const names = Object.keys(measured).filter((name) => measured[name].length > 0);
  const results = Object.fromEntries(names.map((name) => [name, summary(measured[name])]));
  const [own, ...others] = names;
  const ratios = Object.fromEntries(
    others
      .filter((name) => !results[own].failure && !results[name].failure)
      .map((name) => [name, ratiosOf(measured[own], measured[name])]),
  );
  const { name, group, form, protocol, model, otherwise } = workload;
  return {
    ...{ name, group, form, protocol, model, otherwise, inFlight, isUsual },
    results,
    ratios,
    otherLoad: Math.max(0, ...otherLoads),
  };
}

function summary(rounds) {
  const failure = rounds.find((round) => round.failure)?.failure;
  if (failure) return { failure };
  const figures = FIGURES.map((name) => [name, spread(rounds.map((round) => round[name]))]);
  const processes = [...new Set(rounds.flatMap(({ cpuUsBy }) => Object.keys(cpuUsBy)))];
  const cpuUsBy = Object.fromEntries(
    processes.map((name) => [name, median(rounds.map((round) => round.cpuUsBy[name] ?? 0))]),
  );
  return { ...Object.fromEntries(figures), cpuUsBy };
}

/** Above 1 the first is ahead: more requests, less time. */
function ratiosOf(own, other) {
  const of = (ratio) => spread(own.map((result, round) => ratio(result, other[round])));
  return {
    perSecond: of((a, b) => a.perSecond / b.perSecond),
    p50Us: of((a, b) => b.p50Us / a.p50Us),
    p99Us: of((a, b) => b.p99Us / a.p99Us),
    cpuUs: of((a, b) => b.cpuUs / a.cpuUs),
  };
}
