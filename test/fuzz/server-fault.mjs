/** The errors of a server that are a client's mistake all the same, because Triton answers them so. */

/** What follows a possible `[request id: …] `; HTTP says 500 to them, and gRPC INTERNAL. */
const TRITONS_OWN = [
  // JSON that cannot be parsed, or that has another type than wanted.
  /^failed to parse the request JSON buffer: .+ at \d+$/s,
  /attempt to access JSON non-[a-z-]+ as [a-z-]+$/,
  /attempt to access non-existing object member '.*'$/s,
  /attempt to get members for non-object$/,
  /^Unable to parse 'data': Shape does not match true shape of 'data' field$/,
  /^Unable to set 'classification': /,
  /^unexpected error on creating Triton parameter$/,
  // Models that cannot be loaded, and memory that is not there.
  /^failed to load '.*', failed to poll from model repository/s,
  /^Unable to open shared memory region: '/,
  /^Invalid shared memory region: '/,
  /^shared memory size specified with the request for output '.*' \(\d+ bytes\) should be at least /s,
  // Bytes that are no message.
  /^Unable to parse request$/,
];

/** Whether an error with this text says that the server failed, and not its client. */
export function isServerFault(text) {
  const plain = text.replace(/^\[request id: .*?\] /s, '');
  return !TRITONS_OWN.some((pattern) => pattern.test(plain));
}
