// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstdint>
#include <string>
#include <vector>

namespace clamor::automod_tools {

/// Repeatable everywhere, unlike the distributions of the standard library.
class Random {
  public:
    explicit Random(std::uint64_t seed) : state_(seed) {}
    std::uint64_t next() {
        state_ += 0x9E37'79B9'7F4A'7C15ull;
        std::uint64_t z = state_;
        z = (z ^ (z >> 30)) * 0xBF58'476D'1CE4'E5B9ull;
        z = (z ^ (z >> 27)) * 0x94D0'49BB'1331'11EBull;
        return z ^ (z >> 31);
    }
    std::size_t below(std::size_t bound) { return static_cast<std::size_t>(next() % bound); }
    bool chance(double probability) {
        return static_cast<double>(next() >> 11) * 0x1.0p-53 < probability;
    }

  private:
    std::uint64_t state_;
};

struct Line {
    bool toxic;
    std::string text;
};

/// One file of labelled lines.
struct Source {
    std::string name;
    std::vector<Line> lines;
    bool weak() const { return name.ends_with("_weak"); }
};

/// The *.tsv files of a folder by name. Ends the program with a message where there are none.
std::vector<Source> read_sources(const std::string& folder);
std::string read_file(const std::string& path);
void write_file(const std::string& path, const std::string& bytes);
[[noreturn]] void die(const std::string& message);

}  // namespace clamor::automod_tools
