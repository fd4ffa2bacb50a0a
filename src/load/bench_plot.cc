// SPDX-License-Identifier: Apache-2.0
#include <algorithm>
#include <fstream>

#include <fmt/format.h>

#include "load/bench.h"

namespace clamor::load {
namespace {

constexpr int kBarWidth = 50;

// The picture, in pixels.
constexpr double kWidth = 800;
constexpr double kHeight = 320;
constexpr double kMargin = 50;

double highest_ms(const std::vector<BenchSecond>& seconds) {
    double highest = 0.1;
    for (const BenchSecond& second : seconds)
        highest = std::max({highest, second.p50_ms, second.p99_ms});
    return highest;
}

std::string svg_line(const std::vector<BenchSecond>& seconds, double BenchSecond::*value,
                     double highest, std::string_view color) {
    std::string points;
    const double step =
        (kWidth - 2 * kMargin) / std::max<double>(1, static_cast<double>(seconds.size()) - 1);
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        const double y =
            kHeight - kMargin - (kHeight - 2 * kMargin) * (seconds[i].*value) / highest;
        points += fmt::format("{:.1f},{:.1f} ", kMargin + step * static_cast<double>(i), y);
    }
    return fmt::format("<polyline fill=\"none\" stroke=\"{}\" stroke-width=\"2\" points=\"{}\"/>\n",
                       color, points);
}

std::string svg_text(double x, double y, std::string_view color, std::string_view text) {
    return fmt::format("<text x=\"{:.0f}\" y=\"{:.0f}\" fill=\"{}\">{}</text>\n", x, y, color,
                       text);
}

}  // namespace

std::string draw_ascii_plot(const std::vector<BenchSecond>& seconds) {
    const double highest = highest_ms(seconds);
    std::string plot = fmt::format("second  p99 of the latency, full width {:.1f} ms\n", highest);
    for (std::size_t i = 0; i < seconds.size(); ++i) {
        const auto width = static_cast<std::size_t>(kBarWidth * seconds[i].p99_ms / highest + 0.5);
        plot += fmt::format("{:>6}  {:<50} {:.1f} ms, {} deliveries\n", i + 1,
                            std::string(width, '#'), seconds[i].p99_ms, seconds[i].deliveries);
    }
    return plot;
}

Result<void> write_svg_plot(const std::string& file, const std::vector<BenchSecond>& seconds) {
    const double highest = highest_ms(seconds);
    std::ofstream out(file);
    out << fmt::format(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{0}\" height=\"{1}\" "
        "font-family=\"sans-serif\" "
        "font-size=\"13\">\n<rect width=\"{0}\" height=\"{1}\" fill=\"white\"/>\n",
        kWidth, kHeight);
    out << fmt::format("<path d=\"M{0} {0}V{1}H{2}\" fill=\"none\" stroke=\"black\"/>\n", kMargin,
                       kHeight - kMargin, kWidth - kMargin);
    out << svg_line(seconds, &BenchSecond::p50_ms, highest, "#1b7837");
    out << svg_line(seconds, &BenchSecond::p99_ms, highest, "#b2182b");
    out << svg_text(kMargin, kMargin - 20, "#1b7837", "p50")
        << svg_text(kMargin + 50, kMargin - 20, "#b2182b", "p99");
    out << svg_text(kMargin + 100, kMargin - 20, "black",
                    fmt::format("latency, top {:.1f} ms", highest));
    out << svg_text(kWidth / 2 - 30, kHeight - 15, "black", "seconds") << "</svg>\n";
    out.close();
    if (!out) return fail_errno(file);
    return {};
}

}  // namespace clamor::load
