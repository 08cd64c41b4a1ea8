#pragma once

/** The requests in flight that a connection has; it has none when it only stays open. */
struct SlotRange {
  unsigned first;
  unsigned count;
};

/** A connection that keeps requests in flight. What it cannot go on with is thrown. */
class Connection {
 public:
  virtual ~Connection() = default;

  virtual int descriptor() const = 0;
  /** Sends its first requests. */
  virtual void start() = 0;
  /** Bytes have come, or there is room to send: since then for the first time. */
  virtual void proceed() = 0;
};
