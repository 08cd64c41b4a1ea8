/** Measures workloads on several servers, which take turns, so that what else happens meets them all. */

import { measureLoad } from './measure-load.mjs';
import { withOtherLoad } from './other-load.mjs';
import { median, spread } from './statistics.mjs';

const FIGURES = ['perSecond', 'p50Us', 'p99Us', 'cpuUs', 'residentBytes', 'ownCpuUs'];
/** How long a workload runs on each server before the rounds: code that is new is slow. */
const HEAT = { seconds: 0.1, warmUpSeconds: 0.3, warmUpRequests: 20_000 };

/**
 * `entries` are `{ workload, inFlight }`, `servers` `{ peer, server }`. Resolves with a row of each
 * entry: `{ workload, inFlight, results, ratios }`, both by the name of the peer. A result has the
 * median, lowest and highest of each figure, or a `failure`; ratios are to the first server, medians
 * of the ratios of the rounds. `settings` are `rounds`, `seconds`, `warmUpSeconds` and `cpu`.
 */
export async function takeTurns(entries, servers, settings) {
  const rows = [];
  for (const entry of entries) {
    const measured = Object.fromEntries(servers.map(({ peer }) => [peer.name, []]));
    const otherLoads = [];
    for (const { peer, server } of taking(servers, entry)) {
      await measureLoad(server, { ...settings, ...HEAT, ...loadOf(entry) });
      measured[peer.name] = [];
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

function taking(servers, { workload }) {
  return servers.filter(({ peer }) => peer.supports(workload));
}

/** Each round begins with another server, so that none always follows the same. */
function rotated(list, by) {
  return list.map((_, index) => list[(index + by) % list.length]);
}

function summarize({ workload, inFlight }, measured, otherLoads) {
  const names = Object.keys(measured).filter((name) => measured[name].length > 0);
  const results = Object.fromEntries(names.map((name) => [name, summary(measured[name])]));
  const [own, ...others] = names;
  const ratios = Object.fromEntries(
    others
      .filter((name) => !results[own].failure && !results[name].failure)
      .map((name) => [name, ratiosOf(measured[own], measured[name])]),
  );
  const { name, group, form, protocol, model } = workload;
  return {
    ...{ name, group, form, protocol, model, inFlight },
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
