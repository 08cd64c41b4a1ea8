import { createServer, type RequestListener, type Server } from 'node:http';
import { createServer as createTlsServer } from 'node:https';
import { type TlsSettings, tlsOptions, unusableCertificate } from './tls-settings.js';

/** A request's header, and before it the TLS handshake, must be complete after so long. */
const HEADERS_TIMEOUT_MS = 20_000;
/** How often Node looks for late headers. */
const HEADERS_CHECK_INTERVAL_MS = 2_000;
/** Clients keep connections for their next request, and take it badly when one has gone. */
const KEEP_ALIVE_TIMEOUT_MS = 600_000;
const MAX_HEADER_BYTES = 64 * 1024;

const LIMITS = {
  headersTimeout: HEADERS_TIMEOUT_MS,
  // How long a body may take is decided by its progress instead.
  requestTimeout: 0,
  connectionsCheckingInterval: HEADERS_CHECK_INTERVAL_MS,
  keepAliveTimeout: KEEP_ALIVE_TIMEOUT_MS,
  maxHeaderSize: MAX_HEADER_BYTES,
  requireHostHeader: false,
  noDelay: true,
} as const;

/**
 * A server of HTTP/1.1, encrypted or not. Throws INVALID_ARG for certificates that it cannot use.
 */
export function createNodeServer(tls: TlsSettings | undefined, listener: RequestListener): Server {
  if (tls === undefined) return createServer(LIMITS, listener);
  try {
    return createTlsServer(
      {
        ...LIMITS,
        handshakeTimeout: HEADERS_TIMEOUT_MS,
        ...tlsOptions(tls),
      },
      listener,
    );
  } catch (cause) {
    throw unusableCertificate(cause);
  }
}
