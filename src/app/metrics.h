// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/counters.h"

namespace clamor::app {

using MetricLabels = std::vector<std::pair<std::string, std::string>>;

/// What the server counts, for Prometheus. Everything is registered before the first scrape; from
/// then on it is immutable, and any thread may render. It only reads counters, which must outlive
/// it. Rows with the same name are one family, whose help and kind are those of its first row.
class Metrics {
  public:
    using Read = std::function<double()>;

    /// A number that only grows; its name ends in `_total`.
    void counter(std::string_view name, std::string_view help, MetricLabels labels,
                 const Counter& counter);
    void counter(std::string_view name, std::string_view help, MetricLabels labels, Read read);
    /// A number that goes up and down.
    void gauge(std::string_view name, std::string_view help, MetricLabels labels,
               const Counter& counter);
    void gauge(std::string_view name, std::string_view help, MetricLabels labels, Read read);
    /// Always 1; what it says is in its labels, which may change.
    void info(std::string_view name, std::string_view help, std::function<MetricLabels()> labels);
    /// Durations, shown in seconds; its name ends in `_seconds`.
    void histogram(std::string_view name, std::string_view help, MetricLabels labels,
                   const LatencyHistogram& histogram);

    /// The text exposition format.
    std::string render() const;

  private:
    enum class Kind : std::uint8_t { counter, gauge, histogram };
    struct Row {
        MetricLabels labels;
        Read read;
        const LatencyHistogram* histogram = nullptr;
        std::function<MetricLabels()> read_labels{};  ///< in place of `labels`
    };
    struct Family {
        std::string name;
        std::string help;
        Kind kind;
        std::vector<Row> rows;
    };

    void add(Kind kind, std::string_view name, std::string_view help, Row row);

    std::vector<Family> families_;
};

}  // namespace clamor::app
