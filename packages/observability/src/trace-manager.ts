import {
  type Clock,
  InferError,
  type Logger,
  type RequestTrace,
  type TraceExporter,
  type TraceHeaders,
  type TraceSettings,
  type TraceSettingsChange,
  type Tracing,
} from '@nereid/core';
import { startTrace } from './recorded-trace.js';
import { FileTraceCollector, type TraceCollector } from './trace-collector.js';
import { type IncomingContext, incomingContext } from './trace-context.js';
import { TraceFile } from './trace-file.js';
import { TraceScope } from './trace-scope.js';
import {
  changedSettings,
  checkTraceSettings,
  isComplete,
  isEmpty,
  type OwnTraceSettings,
} from './trace-settings.js';

export interface TraceManagerOptions {
  /** Those of the start; what an update takes back returns to them. */
  readonly settings: TraceSettings;
  /** Undefined in the mode `triton`, which writes files. */
  readonly exporter: TraceExporter | undefined;
  /** Models that no version serves have no settings. */
  readonly isModelReady: (modelName: string) => boolean;
  readonly clock: Clock;
  readonly logger: Logger;
}

/** Decides which requests are traced, and hands their traces on when they have ended. */
export class TraceManager implements Tracing {
  readonly #options: TraceManagerOptions;
  readonly #file: TraceFile;
  #global: TraceScope;
  /** Models with settings of their own. */
  readonly #models = new Map<string, TraceScope>();
  #active: boolean;
  #lastId = 0;

  constructor(options: TraceManagerOptions) {
    this.#options = options;
    this.#file = new TraceFile(options.settings.file, options.logger);
    this.#global = new TraceScope({}, options.settings, this.#collector(options.settings));
    this.#active = !this.#global.off;
    this.#warnOfTensors(options.settings);
  }

  get active(): boolean {
    return this.#active;
  }

  sample(modelName: string, headers: TraceHeaders): RequestTrace | undefined {
    if (!this.#active) return undefined;
    const scope = this.#models.get(modelName) ?? this.#global;
    if (scope.off) return undefined;
    const parent = this.#options.exporter && incomingContext(headers);
    return scope.sample(parent !== undefined) ? this.#start(scope, parent) : undefined;
  }

  settings(modelName: string | undefined): TraceSettings {
    return this.#scope(modelName).settings;
  }

  update(modelName: string | undefined, change: TraceSettingsChange): TraceSettings {
    const current = this.settings(modelName);
    if (Object.keys(change).length === 0) return current;
    if (modelName === undefined) this.#updateGlobal(change);
    else this.#updateModel(modelName, change);
    this.#active = [this.#global, ...this.#models.values()].some((scope) => !scope.off);
    const changed = this.settings(modelName);
    this.#warnOfTensors(changed);
    return changed;
  }

  /** Writes what has been traced. Called once, when no request is left. */
  async close(): Promise<void> {
    for (const scope of [this.#global, ...this.#models.values()]) scope.retire();
    await this.#file.drain();
    await this.#options.exporter?.close();
  }

  #start(scope: TraceScope, parent: IncomingContext | undefined): RequestTrace {
    const { clock, exporter } = this.#options;
    return startTrace({
      clock,
      nextId: this.#nextId,
      recordsTimestamps: scope.levels.includes('TIMESTAMPS'),
      recordsTensors: scope.levels.includes('TENSORS') && (exporter?.takesTensors ?? true),
      propagates: exporter !== undefined,
      parent,
      finished: (trace) => scope.finished(trace),
    });
  }

  readonly #nextId = (): number => {
    this.#lastId += 1;
    return this.#lastId;
  };

  #scope(modelName: string | undefined): TraceScope {
    if (modelName === undefined) return this.#global;
    if (!this.#options.isModelReady(modelName)) {
      throw new InferError('INVALID_ARG', `Request for unknown model : ${modelName}`);
    }
    return this.#models.get(modelName) ?? this.#global;
  }

  /** Models that have not set everything themselves follow; all are checked before any changes. */
  #updateGlobal(change: TraceSettingsChange): void {
    const global = this.#newScope(this.#options.settings, this.#global, change);
    const followers = [...this.#models]
      .filter(([, scope]) => !isComplete(scope.own))
      .map(([name, scope]) => ({ name, scope: this.#newScope(global.settings, scope, {}) }));
    this.#global.retire();
    this.#global = global;
    for (const { name, scope } of followers) this.#replace(name, scope);
  }

  #updateModel(modelName: string, change: TraceSettingsChange): void {
    const scope = this.#newScope(this.#global.settings, this.#models.get(modelName), change);
    this.#replace(modelName, isEmpty(scope.own) ? undefined : scope);
  }

  #replace(modelName: string, scope: TraceScope | undefined): void {
    this.#models.get(modelName)?.retire();
    if (scope) this.#models.set(modelName, scope);
    else this.#models.delete(modelName);
  }

  #newScope(
    fallback: TraceSettings,
    current: TraceScope | undefined,
    change: TraceSettingsChange,
  ): TraceScope {
    const own = changedSettings(current ? remaining(current) : {}, change);
    const settings = { ...fallback, ...own };
    checkTraceSettings(settings);
    return new TraceScope(own, settings, this.#collector(settings));
  }

  #collector(settings: TraceSettings): TraceCollector {
    const { exporter, logger } = this.#options;
    if (exporter === undefined) return new FileTraceCollector(this.#file, settings);
    return {
      add(trace) {
        try {
          if (trace) exporter.export(trace);
        } catch (error) {
          logger.error(`a trace is lost: ${String(error)}`);
        }
      },
      end() {},
    };
  }

  #warnOfTensors({ levels, mode }: TraceSettings): void {
    const { exporter, logger } = this.#options;
    if (exporter === undefined || exporter.takesTensors || !levels.includes('TENSORS')) return;
    logger.warn(`Tensor level tracing is not supported by the mode: ${mode}`);
  }
}

/** What a scope has set itself, with as much of its count as is left. */
function remaining({ own, settings }: TraceScope): OwnTraceSettings {
  return own.count === undefined ? own : { ...own, count: settings.count };
}
