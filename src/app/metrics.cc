// SPDX-License-Identifier: Apache-2.0
#include "app/metrics.h"

#include <algorithm>
#include <array>
#include <limits>
#include <sstream>

#include <prometheus/metric_family.h>
#include <prometheus/text_serializer.h>

#include "base/check.h"

namespace clamor::app {

namespace {

/// Upper edges of the buckets that Prometheus gets; our own are finer.
constexpr std::array<std::uint64_t, 13> kBucketEdgesUs{
    100,    500,    1'000,   2'500,   5'000,     10'000,   25'000,
    50'000, 75'000, 100'000, 250'000, 1'000'000, 5'000'000};
constexpr double kMicrosecondsPerSecond = 1e6;

prometheus::ClientMetric::Histogram histogram_of(const LatencyHistogram& source) {
    prometheus::ClientMetric::Histogram histogram;
    for (const auto edge : kBucketEdgesUs) {
        histogram.bucket.push_back(
            {source.count_at_most(edge), static_cast<double>(edge) / kMicrosecondsPerSecond});
    }
    // The counters move while they are read: the total must not be below a bucket.
    histogram.sample_count = std::max(source.count(), histogram.bucket.back().cumulative_count);
    histogram.bucket.push_back({histogram.sample_count, std::numeric_limits<double>::infinity()});
    histogram.sample_sum = static_cast<double>(source.sum_us()) / kMicrosecondsPerSecond;
    return histogram;
}

Metrics::Read reader_of(const Counter& counter) {
    return [&counter] { return static_cast<double>(counter.value()); };
}

}  // namespace

void Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels,
                      const Counter& counter) {
    add(Kind::counter, name, help, {std::move(labels), reader_of(counter)});
}

void Metrics::counter(std::string_view name, std::string_view help, MetricLabels labels,
                      Read read) {
    add(Kind::counter, name, help, {std::move(labels), std::move(read)});
}

void Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels,
                    const Counter& counter) {
    add(Kind::gauge, name, help, {std::move(labels), reader_of(counter)});
}

void Metrics::gauge(std::string_view name, std::string_view help, MetricLabels labels, Read read) {
    add(Kind::gauge, name, help, {std::move(labels), std::move(read)});
}

void Metrics::info(std::string_view name, std::string_view help,
                   std::function<MetricLabels()> labels) {
    add(Kind::gauge, name, help, {{}, [] { return 1.0; }, nullptr, std::move(labels)});
}

void Metrics::histogram(std::string_view name, std::string_view help, MetricLabels labels,
                        const LatencyHistogram& histogram) {
    add(Kind::histogram, name, help, {std::move(labels), {}, &histogram});
}

void Metrics::add(Kind kind, std::string_view name, std::string_view help, Row row) {
    auto family = std::find_if(families_.begin(), families_.end(),
                               [name](const auto& f) { return f.name == name; });
    if (family == families_.end()) {
        family =
            families_.insert(families_.end(), {std::string(name), std::string(help), kind, {}});
    }
    CLAMOR_CHECK(family->kind == kind, "a metric is of one kind");
    family->rows.push_back(std::move(row));
}

std::string Metrics::render() const {
    std::vector<prometheus::MetricFamily> families;
    for (const auto& source : families_) {
        prometheus::MetricFamily family;
        family.name = source.name;
        family.help = source.help;
        family.type = source.kind == Kind::counter ? prometheus::MetricType::Counter
                      : source.kind == Kind::gauge ? prometheus::MetricType::Gauge
                                                   : prometheus::MetricType::Histogram;
        for (const auto& row : source.rows) {
            prometheus::ClientMetric metric;
            for (const auto& [name, value] : row.read_labels ? row.read_labels() : row.labels)
                metric.label.push_back({name, value});
            switch (source.kind) {
                case Kind::counter:
                    metric.counter.value = row.read();
                    break;
                case Kind::gauge:
                    metric.gauge.value = row.read();
                    break;
                case Kind::histogram:
                    metric.histogram = histogram_of(*row.histogram);
                    break;
            }
            family.metric.push_back(std::move(metric));
        }
        families.push_back(std::move(family));
    }
    std::ostringstream out;
    prometheus::TextSerializer().Serialize(out, families);
    return out.str();
}

}  // namespace clamor::app
