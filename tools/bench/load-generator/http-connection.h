#pragma once

#include <string_view>
#include <vector>

#include "connection.h"
#include "load.h"
#include "socket.h"

/** An HTTP/1.1 connection that sends the next request when an answer is complete. */
class HttpConnection : public Connection {
 public:
  HttpConnection(Load& load, uint16_t port, SlotRange slots);

  int descriptor() const override { return socket_.descriptor(); }
  void start() override;
  void proceed() override;

 private:
  void send();
  /** Whether an answer was complete. */
  bool readAnswer();
  bool readHead();
  void finish(std::string_view body);

  Load& load_;
  Socket socket_;
  unsigned slot_;
  bool isIdle_;
  uint64_t startedNs_ = 0;
  std::vector<char> buffer_;
  /** Bytes of the buffer that have come. */
  size_t filled_ = 0;
  /** Of the answer that is coming; 0 until its head has come. */
  size_t headBytes_ = 0;
  size_t bodyBytes_ = 0;
  bool isSuccess_ = false;
};
