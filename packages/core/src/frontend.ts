import type { Socket } from 'node:net';
import type { AccessLog } from './access-log.js';
import type { Authorizer } from './api-access.js';
import type { InferenceServer } from './inference-server.js';
import type { PluginContext } from './plugin-context.js';

/** The default export of a module that a manifest lists under `frontends`. */
export interface FrontendPlugin {
  createFrontend(server: InferenceServer, context: FrontendContext): Frontend;
}

export interface FrontendContext extends PluginContext {
  /** Undefined when models come from the repositories that were given at start-up alone. */
  readonly modelFolders?: ModelFolders | undefined;
  /** Decides on every request; undefined when the server asks nobody for a token. */
  readonly authorizer?: Authorizer | undefined;
  /** Undefined when nobody wants to know of requests. */
  readonly accessLog?: AccessLog | undefined;
  /** Listens in place of the front end, which may be one of several on the same address. */
  readonly acceptor?: ConnectionAcceptor | undefined;
}

/** Accepts connections for a front end that runs on a thread of its own. */
export interface ConnectionAcceptor {
  /** Resolves to the port; then come connections, paused and, with TLS, still to be encrypted. */
  listen(
    place: { readonly host: string; readonly port: number; readonly reusePort: boolean },
    take: (socket: Socket) => void,
  ): Promise<number>;
  close(): void;
}

/** Folders outside of all repositories whose models can be loaded, by the names they will have. */
export interface ModelFolders {
  /** Resolves with what can be loaded from then on: the model, and those of its ensemble. */
  add(modelName: string, directory: string): Promise<readonly string[]>;
  /** Their files are not needed any more. */
  remove(modelName: string): void;
}

export interface ListeningAddress {
  /** What listens, for the log: `HTTPService`, `GRPCInferenceService`. */
  readonly service: string;
  readonly host: string;
  readonly port: number;
}

/** Speaks one protocol on one address: conversion and routing only. */
export interface Frontend {
  /** Listens. Throws an InferError that names the address when it cannot. */
  start(): Promise<ListeningAddress>;
  /**
   * Accepts no new work, lets accepted requests finish and then closes all connections. After
   * `graceMs` milliseconds it closes them regardless.
   */
  stop(graceMs: number): Promise<void>;
}
