import type { MessageCodec } from '@nereid/protocol';
import type { GrpcCall, UnaryMethod } from './grpc-call.js';
import { OK, statusOf } from './grpc-status.js';

/** The messages of a unary method and what it does. */
interface ControlMethod<Request, Response> {
  readonly request: MessageCodec<Request>;
  readonly response: MessageCodec<Response>;
  /** May throw or reject; the error becomes the call's status. */
  answer(request: Request): Response | Promise<Response>;
}

/** A method of the control plane: one message in, one out, and no hurry. */
export function controlMethod<Request, Response>(
  method: ControlMethod<Request, Response>,
): UnaryMethod {
  return {
    kind: 'unary',
    handle(call, message) {
      answer(method, message).then(
        (bytes) => endWith(call, bytes),
        (error: unknown) => call.end(statusOf(error)),
      );
    },
  };
}

async function answer<Request, Response>(
  method: ControlMethod<Request, Response>,
  message: Buffer,
): Promise<Buffer> {
  const response = await method.answer(method.request.decode(message));
  return method.response.encode(response);
}

function endWith(call: GrpcCall, bytes: Buffer): void {
  call.write(bytes);
  call.end(OK);
}
