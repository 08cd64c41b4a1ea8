import {
  type MessagePort,
  receiveMessageOnPort,
  type Transferable,
  workerData,
} from 'node:worker_threads';
import { toInferError } from '@nereid/core';
import { bindThread } from './bind-thread.js';
import { forwardConsole } from './forward-console.js';
import {
  type FromThread,
  NO_TICKET,
  type ThreadBoot,
  type ThreadError,
  type ThreadProtocol,
  type ToThread,
  takeTicket,
} from './thread-protocol.js';

/** A value for the main thread, and the buffers in it that may be moved there instead of copied. */
export interface ThreadReply<T> {
  readonly value: T;
  readonly transfer?: readonly Transferable[];
}

/** What runs in an instance's thread. */
export interface InstanceService<P extends ThreadProtocol> {
  readonly started: P['started'];
  /**
   * Never called again before the answer is there. A throw reaches the caller with code and
   * message.
   */
  execute(request: P['request']): ThreadReply<P['response']> | Promise<ThreadReply<P['response']>>;
  /** May be called while `execute` waits for something. */
  notice?(notice: P['notice']): void;
  close?(): void | Promise<void>;
}

export type EmitEvent<P extends ThreadProtocol> = (
  event: P['event'],
  transfer?: readonly Transferable[],
) => void;

/** For models that cannot give up their turn while they wait. */
export interface NoticeQueue<P extends ThreadProtocol> {
  /**
   * Waits for the next notice for up to `timeoutMs`, in which nothing else happens in the thread;
   * `notice` of the service is not called with it. Undefined when the time is over.
   */
  take(timeoutMs: number): P['notice'] | undefined;
}

/**
 * The last statement of a module that an InstanceThread starts: makes the service and lets it
 * answer. What `start` throws fails the start. The console of the thread writes to the server's
 * log.
 */
export function serveInstanceThread<P extends ThreadProtocol>(
  start: (
    init: P['init'],
    emit: EmitEvent<P>,
    notices: NoticeQueue<P>,
  ) => InstanceService<P> | Promise<InstanceService<P>>,
): void {
  const { port, init, cpuCores, bell, ahead }: ThreadBoot<P> = workerData;
  const post = (message: FromThread<P>, transfer?: readonly Transferable[]) =>
    port.postMessage(message, transfer);
  forwardConsole((level, text) => post({ kind: 'log', level, text }));
  const emit: EmitEvent<P> = (value, transfer) => post({ kind: 'event', value }, transfer);
  Promise.resolve()
    .then(() => {
      // Before anything else is done, because threads of libraries inherit it.
      if (cpuCores) bindThread(cpuCores);
      return start(init, emit, { take: (timeoutMs) => takeNotice(port, bell, timeoutMs) });
    })
    .then(
      (service) => {
        listen(port, service, { post, ahead });
        post({ kind: 'started', value: service.started });
      },
      (error: unknown) => {
        // Keeps the thread alive until it is ended: its exit must not be seen before the reason is.
        port.on('message', () => {});
        post({ kind: 'startFailed', error: toThreadError(error) });
      },
    );
}

type Post<P extends ThreadProtocol> = (
  message: FromThread<P>,
  transfer?: readonly Transferable[],
) => void;

interface Answering<P extends ThreadProtocol> extends Pick<ThreadBoot<P>, 'ahead'> {
  readonly post: Post<P>;
}

function listen<P extends ThreadProtocol>(
  port: MessagePort,
  service: InstanceService<P>,
  answering: Answering<P>,
): void {
  /** The end of the last execution: one that was sent ahead waits for it. */
  let idle = Promise.resolve();
  port.on('message', async (message: ToThread<P>) => {
    switch (message.kind) {
      case 'execute':
        idle = idle.then(() => execute(message, service, answering));
        return;
      case 'notice':
        service.notice?.(message.value);
        return;
      case 'close':
        await closeService(service, answering.post);
        answering.post({ kind: 'closed' });
        port.close();
    }
  });
}

async function execute<P extends ThreadProtocol>(
  { value: request, ticket }: Extract<ToThread<P>, { readonly kind: 'execute' }>,
  service: InstanceService<P>,
  { post, ahead }: Answering<P>,
): Promise<void> {
  // It may have been taken back, and nobody waits for an answer.
  if (ticket !== NO_TICKET && !takeTicket(ahead, ticket)) return;
  try {
    const { value, transfer } = await service.execute(request);
    post({ kind: 'response', value }, transfer);
  } catch (error) {
    post({ kind: 'failed', error: toThreadError(error) });
  }
}

function takeNotice<P extends ThreadProtocol>(
  port: MessagePort,
  bell: ThreadBoot<P>['bell'],
  timeoutMs: number,
): P['notice'] | undefined {
  const endMs = performance.now() + timeoutMs;
  for (;;) {
    const rung = Atomics.load(bell, 0);
    const received = receiveMessageOnPort(port) as { readonly message: ToThread<P> } | undefined;
    if (received?.message.kind === 'notice') return received.message.value;
    // Everything else waits for the turn that it was meant for.
    if (received) setImmediate(() => port.emit('message', received.message));
    const leftMs = endMs - performance.now();
    if (!received && (leftMs <= 0 || Atomics.wait(bell, 0, rung, leftMs) === 'timed-out')) {
      return undefined;
    }
  }
}

async function closeService<P extends ThreadProtocol>(
  service: InstanceService<P>,
  post: Post<P>,
): Promise<void> {
  try {
    await service.close?.();
  } catch (error) {
    post({ kind: 'log', level: 'error', text: `closing failed: ${toThreadError(error).message}` });
  }
}

function toThreadError(error: unknown): ThreadError {
  const { code, message } = toInferError(error);
  return { code, message };
}
