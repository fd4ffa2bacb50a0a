// SPDX-License-Identifier: Apache-2.0
#include "dataset.h"

#include <algorithm>
#include <cstdio>
#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <sstream>

namespace clamor::automod_tools {

void die(const std::string& message) {
    std::fprintf(stderr, "error: %s\n", message.c_str());
    std::exit(1);
}

std::string read_file(const std::string& path) {
    std::ifstream in(path, std::ios::binary);
    if (!in) die("cannot read " + path);
    std::ostringstream bytes;
    bytes << in.rdbuf();
    return bytes.str();
}

void write_file(const std::string& path, const std::string& bytes) {
    const std::string unfinished = path + ".new";
    {
        std::ofstream out(unfinished, std::ios::binary);
        out << bytes;
        if (!out.flush()) die("cannot write " + unfinished);
    }
    std::filesystem::rename(unfinished, path);
}

std::vector<Source> read_sources(const std::string& folder) {
    std::error_code error;
    std::vector<std::string> paths;
    for (const auto& entry : std::filesystem::directory_iterator(folder, error))
        if (entry.path().extension() == ".tsv") paths.push_back(entry.path().string());
    if (paths.empty()) die("no *.tsv in " + folder);
    std::ranges::sort(paths);
    std::vector<Source> sources;
    for (const std::string& path : paths) {
        Source source{std::filesystem::path(path).stem().string(), {}};
        std::istringstream in(read_file(path));
        for (std::string line; std::getline(in, line);) {
            if (line.size() < 3 || line[1] != '\t' || (line[0] != '0' && line[0] != '1'))
                die("a line without a label in " + path);
            source.lines.push_back({line[0] == '1', line.substr(2)});
        }
        sources.push_back(std::move(source));
    }
    return sources;
}

}  // namespace clamor::automod_tools
