/** What travels from a front-end thread to the main thread. 0 is the ring's own. */
export const TO_SERVER = {
  /** An object: what requests like those to come have in common. */
  requestForm: 1,
  /** A request in its form. */
  infer: 2,
  /** An object: a request of another kind. */
  inferObject: 3,
  /** The client of a request has gone. */
  cancel: 4,
  /** The client has caught up with one response. */
  caughtUp: 5,
  /** An object: a call of the server whose result the thread waits for, without doing anything. */
  callNow: 6,
  /** An object: a call of the server whose result comes as a record. */
  call: 7,
  /** An object: something to be done, without a result. */
  notice: 8,
} as const;

/** What travels from the main thread to a front-end thread. */
export const TO_THREAD = {
  /** An object: what responses like those to come have in common. */
  responseForm: 1,
  /** A response in its form. */
  response: 2,
  /** An object: a response of another kind. */
  responseObject: 3,
  /** An object: an error among the responses. */
  failedResponse: 9,
  /** How long the phases of an execution took. */
  executed: 4,
  /** The successful end of a request. */
  end: 5,
  /** An object: the end of a request that failed. */
  failure: 6,
  /** An object: the result of a call. */
  result: 7,
  /** An object: a front end is to start or to stop. */
  order: 8,
} as const;
