"""Sum and difference; counts the time and measures the sizes in metrics of its own."""

import time

import triton_python_backend_utils as pb_utils


class TritonPythonModel:
    def initialize(self, args):
        labels = {"model": args["model_name"], "version": args["model_version"]}
        self.metric_family = pb_utils.MetricFamily(
            name="requests_process_latency_ns",
            description="Cumulative time spent processing requests",
            kind=pb_utils.MetricFamily.COUNTER,
        )
        self.metric = self.metric_family.Metric(labels=labels)
        self.gauge = pb_utils.MetricFamily(
            "largest_sum", "Largest sum yet", pb_utils.MetricFamily.GAUGE
        ).Metric(labels=labels)
        self.histogram = pb_utils.MetricFamily(
            "sums", "Sums", pb_utils.MetricFamily.HISTOGRAM
        ).Metric(labels=labels, buckets=[1.0, 10.0])

    def execute(self, requests):
        start_ns = time.time_ns()
        responses = []
        for request in requests:
            in_0 = pb_utils.get_input_tensor_by_name(request, "INPUT0").as_numpy()
            in_1 = pb_utils.get_input_tensor_by_name(request, "INPUT1").as_numpy()
            total = in_0 + in_1
            self.gauge.set(max(self.gauge.value(), float(total.max())))
            for value in total:
                self.histogram.observe(value)
            out_0 = pb_utils.Tensor("OUTPUT0", total)
            out_1 = pb_utils.Tensor("OUTPUT1", in_0 - in_1)
            responses.append(pb_utils.InferenceResponse([out_0, out_1]))
        self.metric.increment(time.time_ns() - start_ns)
        pb_utils.Logger.log_info("Cumulative requests processing latency: {}".format(
            self.metric.value()
        ))
        return responses
