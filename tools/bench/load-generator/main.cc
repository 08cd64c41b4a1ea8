/**
 * Keeps requests in flight at a server of this machine and measures their answers. It prints a line
 * of JSON in the end. See `kUsage` in options.cc.
 */

#include <sched.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cinttypes>
#include <cmath>
#include <cstdio>
#include <exception>
#include <memory>
#include <vector>

#include "clock.h"
#include "grpc-connection.h"
#include "http-connection.h"
#include "load.h"
#include "options.h"
#include "process-times.h"

namespace {

constexpr double kNsPerSecond = 1e9;
/** Requests that are under way have so long to end when the time is over. */
constexpr double kDrainSeconds = 5;
/** Requests that are wanted before anything counts have so long to be answered. */
constexpr double kWarmUpSeconds = 4;

using Connections = std::vector<std::unique_ptr<Connection>>;

Connections openConnections(const Options& options, Load& load) {
  Connections connections;
  const bool isStreaming = options.protocol == Protocol::kGrpcStream;
  unsigned slot = 0;
  for (unsigned left = options.connections; left > 0; --left) {
    const SlotRange slots{slot, (options.inFlight - slot + left - 1) / left};
    if (options.protocol == Protocol::kHttp) {
      connections.push_back(std::make_unique<HttpConnection>(load, options.port, slots));
    } else {
      const GrpcShare share{slots, isStreaming};
      connections.push_back(std::make_unique<GrpcConnection>(load, options.port, share));
    }
    slot += slots.count;
  }
  return connections;
}

/** Lets connections proceed as their bytes come. */
class EventLoop {
 public:
  explicit EventLoop(const Connections& connections) : descriptor_(epoll_create1(0)) {
    for (const auto& connection : connections) {
      epoll_event event{};
      event.events = EPOLLIN | EPOLLOUT | EPOLLET;
      event.data.ptr = connection.get();
      epoll_ctl(descriptor_, EPOLL_CTL_ADD, connection->descriptor(), &event);
    }
  }
  ~EventLoop() { close(descriptor_); }
  EventLoop(const EventLoop&) = delete;
  EventLoop& operator=(const EventLoop&) = delete;

  /** Until the time has come, or `isOver`. */
  template <typename IsOver>
  void run(uint64_t untilNs, IsOver isOver) {
    std::array<epoll_event, 256> events;
    for (uint64_t now = nowNs(); now < untilNs; now = nowNs()) {
      if (isOver()) return;
      const int waitMs = static_cast<int>((untilNs - now) / 1'000'000) + 1;
      const int count = epoll_wait(descriptor_, events.data(), events.size(), waitMs);
      for (int index = 0; index < count; ++index) {
        static_cast<Connection*>(events[static_cast<size_t>(index)].data.ptr)->proceed();
      }
    }
  }

 private:
  int descriptor_;
};

double ownCpuUs() {
  rusage usage;
  getrusage(RUSAGE_SELF, &usage);
  const auto us = [](const timeval& time) {
    return static_cast<double>(time.tv_sec) * 1e6 + static_cast<double>(time.tv_usec);
  };
  return us(usage.ru_utime) + us(usage.ru_stime);
}

uint64_t after(double seconds) { return nowNs() + static_cast<uint64_t>(seconds * kNsPerSecond); }

/** A problem is text of the server's: what JSON cannot have as it is becomes a space. */
std::string jsonText(const std::string& text) {
  std::string safe = text;
  for (char& character : safe) {
    const bool isPlain = character >= ' ' && character <= '~';
    if (!isPlain || character == '"' || character == '\\') character = ' ';
  }
  return safe;
}

void printResult(const Load& load, double seconds, double cpuUs) {
  const double count = static_cast<double>(load.latencies.count());
  std::printf("{\"count\":%.0f,\"seconds\":%.4f,\"perSecond\":%.1f,", count, seconds,
              count / seconds);
  std::printf("\"p50Us\":%.1f,\"p90Us\":%.1f,\"p99Us\":%.1f,\"maxUs\":%.1f,\"meanUs\":%.1f,",
              load.latencies.quantileUs(0.5), load.latencies.quantileUs(0.9),
              load.latencies.quantileUs(0.99), load.latencies.quantileUs(std::nextafter(1, 0)),
              load.latencies.meanUs());
  std::printf("\"ownCpuUs\":%.2f,\"errors\":%" PRIu64 ",\"firstError\":\"%s\",",
              count > 0 ? cpuUs / count : 0, load.errors, jsonText(load.firstError).c_str());
}

void printProcesses(const std::vector<unsigned>& pids, const std::vector<uint64_t>& startUs,
                    const std::vector<uint64_t>& endUs) {
  std::printf("\"processes\":[");
  for (size_t index = 0; index < pids.size(); ++index) {
    // One that has ended meanwhile has no time any more.
    const uint64_t cpuUs = endUs[index] < startUs[index] ? 0 : endUs[index] - startUs[index];
    std::printf("%s{\"pid\":%u,\"cpuUs\":%" PRIu64 "}", index == 0 ? "" : ",", pids[index], cpuUs);
  }
  std::printf("]}\n");
}

void runLoad(const Options& options) {
  Load load(options);
  const Connections connections = openConnections(options, load);
  EventLoop loop(connections);
  for (const auto& connection : connections) connection->start();
  const auto never = [] { return false; };
  loop.run(after(options.warmUpSeconds), never);
  const auto isWarm = [&] { return load.answers >= options.warmUpRequests; };
  loop.run(after(kWarmUpSeconds), isWarm);
  const std::vector<uint64_t> startTimesUs = cpuTimesUs(options.pids);
  const uint64_t startNs = nowNs();
  const double startCpuUs = ownCpuUs();
  load.isMeasuring = true;
  loop.run(after(options.seconds), never);
  load.isMeasuring = false;
  const double seconds = static_cast<double>(nowNs() - startNs) / kNsPerSecond;
  const double cpuUs = ownCpuUs() - startCpuUs;
  const std::vector<uint64_t> endTimesUs = cpuTimesUs(options.pids);
  load.requests.stop();
  loop.run(after(kDrainSeconds), [&] { return load.underWay == 0; });
  printResult(load, seconds, cpuUs);
  printProcesses(options.pids, startTimesUs, endTimesUs);
}

}  // namespace

int main(int count, char** arguments) {
  const Options options = parseOptions(count, arguments);
  if (options.cpu >= 0) {
    cpu_set_t cores;
    CPU_ZERO(&cores);
    CPU_SET(static_cast<size_t>(options.cpu), &cores);
    if (sched_setaffinity(0, sizeof cores, &cores) != 0) std::perror("--cpu");
  }
  try {
    runLoad(options);
  } catch (const std::exception& error) {
    std::printf("{\"failure\":\"%s\"}\n", jsonText(error.what()).c_str());
    return 1;
  }
  return 0;
}
