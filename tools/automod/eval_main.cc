// SPDX-License-Identifier: Apache-2.0
// automod-eval: how well and how fast the built-in classifier judges, as a page in Markdown.
#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <map>
#include <sstream>
#include <string>
#include <vector>

#include <CLI/CLI.hpp>
#include <nlohmann/json.hpp>

#include "automod/levels.h"
#include "automod/model_classifier.h"
#include "dataset.h"
#include "evasion.h"
#include "metrics.h"
#include "text/normaliser.h"

namespace clamor::automod_tools {
namespace {

using automod::kThresholds;
constexpr int kTimedRounds = 3;

/// Normalises and scores, and counts what is found as it goes.
class Judge {
  public:
    explicit Judge(const automod::Classifier& classifier) : classifier_(classifier) {}

    automod::Scores score(const std::string& text) {
        normaliser_.normalise(text, {}, message_);
        return classifier_.score(message_);
    }
    const text::Normalised& message() const { return message_; }

  private:
    const automod::Classifier& classifier_;
    const text::Normaliser normaliser_;
    text::Normalised message_;
};

std::string row(std::initializer_list<std::string> cells) {
    std::string out = "|";
    for (const std::string& cell : cells) out += " " + cell + " |";
    return out + "\n";
}

std::string number(double value, int digits = 4) {
    if (std::isnan(value)) return "-";
    char buffer[32];
    std::snprintf(buffer, sizeof buffer, "%.*f", digits, value);
    return buffer;
}

std::vector<Scored> score_all(Judge& judge, const std::vector<Line>& lines) {
    std::vector<Scored> out;
    for (const Line& line : lines) out.push_back({judge.score(line.text).toxicity, line.toxic});
    return out;
}

std::string quality_row(const std::string& name, std::span<const Scored> lines) {
    const AtThreshold half = at_threshold(lines, 0.5f);
    const bool both = !std::isnan(half.recall) && !std::isnan(half.false_positive_rate);
    return row({name, std::to_string(lines.size()), number(both ? roc_auc(lines) : NAN),
                number(both ? pr_auc(lines) : NAN), number(both ? half.f1 : NAN),
                number(half.recall), number(half.false_positive_rate)});
}

constexpr const char* kQualityHead =
    "| | lines | ROC-AUC | PR-AUC | F1 at 0.5 | recall at 0.5 | false positives at 0.5 |\n"
    "|---|---|---|---|---|---|---|\n";

std::string false_positives_row(const std::string& name, std::ptrdiff_t harmless,
                                std::span<const Scored> lines) {
    std::string cells = "| " + name + " | " + std::to_string(harmless) + " |";
    for (const float threshold : kThresholds)
        cells += " " + number(at_threshold(lines, threshold).false_positive_rate) + " |";
    return cells + "\n";
}

std::string quality(Judge& judge, const std::vector<Source>& sources) {
    std::vector<Line> all;
    for (const Source& source : sources)
        all.insert(all.end(), source.lines.begin(), source.lines.end());
    std::ostringstream out;
    const auto plain = score_all(judge, all);
    out << "## All sources, plain and disguised\n\n" << kQualityHead << quality_row("plain", plain);
    const AtThreshold clean = at_threshold(plain, 0.5f);
    std::ostringstream kept;
    for (const Evasion evasion : kEvasions) {
        Random random(7);
        std::vector<Line> disguised;
        for (const Line& line : all)
            disguised.push_back({line.toxic, evade(line.text, evasion, random)});
        const auto scored = score_all(judge, disguised);
        out << quality_row(std::string(name_of(evasion)), scored);
        const AtThreshold half = at_threshold(scored, 0.5f);
        kept << row({std::string(name_of(evasion)), number(half.recall / clean.recall, 3),
                     number(half.false_positive_rate - clean.false_positive_rate)});
    }
    out << "\n| disguise | recall, share of the plain one | more false positives |\n|---|---|---|\n"
        << kept.str();

    out << "\n## At each level\n\n| level | threshold | recall | precision | false positives |\n"
           "|---|---|---|---|---|\n";
    for (std::size_t level = 0; level < kThresholds.size(); ++level) {
        const AtThreshold at = at_threshold(plain, kThresholds[level]);
        out << row({std::to_string(level), number(kThresholds[level], 1), number(at.recall),
                    number(at.precision), number(at.false_positive_rate)});
    }

    out << "\n## By source\n\n" << kQualityHead;
    for (const Source& source : sources)
        out << quality_row(source.name, score_all(judge, source.lines));

    out << "\n## False positives by source\n\nThe share of a source's harmless lines above each "
           "level's threshold.\n\n"
           "| | harmless lines | level 0 | level 1 | level 2 | level 3 | level 4 |\n"
           "|---|---|---|---|---|---|---|\n";
    for (const Source& source : sources) {
        const auto harmless = std::ranges::count(source.lines, false, &Line::toxic);
        if (harmless > 0)
            out << false_positives_row(source.name, harmless, score_all(judge, source.lines));
    }
    out << false_positives_row("all", std::ranges::count(all, false, &Line::toxic), plain);

    out << "\n## Calibration\n\n| score | lines | mean score | share toxic |\n|---|---|---|---|\n";
    for (int tenth = 0; tenth < 10; ++tenth) {
        double lines = 0, sum = 0, toxic = 0;
        for (const Scored& line : plain) {
            if (std::min(static_cast<int>(line.score * 10), 9) != tenth) continue;
            ++lines;
            sum += line.score;
            toxic += line.toxic ? 1 : 0;
        }
        out << row({number(tenth / 10.0, 1) + "-" + number((tenth + 1) / 10.0, 1), number(lines, 0),
                    number(sum / lines, 3), number(toxic / lines, 3)});
    }
    return out.str();
}

/// The least of a few rounds for each message, so that what else runs on the machine is left out.
std::string timing_row(Judge& judge, const std::string& name,
                       const std::vector<std::string>& texts) {
    using Clock = std::chrono::steady_clock;
    std::vector<double> microseconds(texts.size(), 1e9);
    double bytes = 0;
    for (int round = 0; round < kTimedRounds; ++round) {
        for (std::size_t i = 0; i < texts.size(); ++i) {
            const auto begin = Clock::now();
            judge.score(texts[i]);
            const std::chrono::duration<double, std::micro> took = Clock::now() - begin;
            microseconds[i] = std::min(microseconds[i], took.count());
            bytes += static_cast<double>(texts[i].size());
        }
    }
    std::ranges::sort(microseconds);
    double sum = 0;
    for (const double value : microseconds) sum += value;
    const auto at = [&](double share) {
        return number(microseconds[static_cast<std::size_t>(
                          static_cast<double>(microseconds.size() - 1) * share)],
                      2);
    };
    const auto count = static_cast<double>(texts.size());
    return row({name, std::to_string(texts.size()), number(bytes / count / kTimedRounds, 0),
                number(sum / count, 2), at(0.5), at(0.99), at(1)});
}

std::vector<std::string> read_chat(const std::string& path) {
    std::vector<std::string> texts;
    std::istringstream in(read_file(path));
    for (std::string line; std::getline(in, line);) {
        const auto json = nlohmann::json::parse(line, nullptr, false);
        if (json.is_object() && json.contains("text")) texts.push_back(json["text"]);
    }
    return texts;
}

std::string timing(Judge& judge, const std::vector<Source>& sources,
                   const std::vector<std::string>& chat) {
    std::vector<std::string> texts;
    for (const Source& source : sources)
        for (const Line& line : source.lines) texts.push_back(line.text);
    std::ostringstream out;
    out << "\n## Microseconds a message (normaliser and classifier, one thread)\n\n"
           "| texts | messages | bytes | mean | median | p99 | most "
           "|\n|---|---|---|---|---|---|---|\n"
        << timing_row(judge, "plain", texts);
    for (const Evasion evasion : kEvasions) {
        Random random(7);
        std::vector<std::string> disguised;
        for (const std::string& text : texts) disguised.push_back(evade(text, evasion, random));
        out << timing_row(judge, std::string(name_of(evasion)), disguised);
    }
    if (!chat.empty()) out << timing_row(judge, "live chat", chat);
    return out.str();
}

std::string live_chat(Judge& judge, const std::vector<std::string>& chat, bool list) {
    std::ostringstream out;
    out << "\n## Live chat\n\nA log of " << chat.size()
        << " messages of one channel, without labels: the share above each level's threshold, and "
           "what\na channel at that overall level holds or blocks. Level 0 is off.\n\n"
           "| level | threshold | toxicity | hostility | caught |\n|---|---|---|---|---|\n";
    for (std::size_t level = 0; level < kThresholds.size(); ++level) {
        const automod::LevelTable table({.overall = static_cast<std::uint8_t>(level)}, {});
        double toxic = 0, hostile = 0, caught = 0;
        for (const std::string& text : chat) {
            const automod::Scores scores = judge.score(text);
            toxic += scores.toxicity > kThresholds[level] ? 1 : 0;
            hostile += scores.hostility > kThresholds[level] ? 1 : 0;
            caught +=
                table.of_hostility(scores.hostility, 0) || table.of_profanity(scores.profanity, 0)
                    ? 1
                    : 0;
        }
        const auto percent = [&](double count) {
            return number(100 * count / static_cast<double>(chat.size()), 2) + " %";
        };
        out << row({std::to_string(level), number(kThresholds[level], 1), percent(toxic),
                    percent(hostile), percent(caught)});
    }
    if (!list) return out.str();
    for (const std::string& text : chat) {
        const automod::Scores scores = judge.score(text);
        if (scores.toxicity <= kThresholds[4]) continue;
        std::fprintf(stderr, "%.2f %.2f  %s  [%s]\n", scores.hostility, scores.toxicity,
                     text.c_str(), judge.message().text.c_str());
    }
    return out.str();
}

/// The words that disguises make the normaliser misread most often, to look at.
void list_misread(const std::vector<Source>& sources) {
    const text::Normaliser normaliser;
    text::Normalised plain;
    text::Normalised read;
    for (const Evasion evasion : kEvasions) {
        Random random(7);
        std::map<std::string, int> counts;
        for (const Source& source : sources) {
            for (const Line& line : source.lines) {
                normaliser.normalise(line.text, {}, plain);
                normaliser.normalise(evade(line.text, evasion, random), {}, read);
                if (plain.words.size() != read.words.size()) {
                    ++counts["(another number of words)"];
                    continue;
                }
                for (std::size_t i = 0; i < plain.words.size(); ++i) {
                    const std::string_view from = plain.of(plain.words[i]);
                    const std::string_view to = read.of(read.words[i]);
                    if (from != to) ++counts[std::string(from) + " -> " + std::string(to)];
                }
            }
        }
        std::vector<std::pair<int, std::string>> order;
        for (const auto& [pair, count] : counts) order.emplace_back(count, pair);
        std::ranges::sort(order, std::greater<>());
        std::fprintf(stderr, "== %s\n", std::string(name_of(evasion)).c_str());
        for (std::size_t i = 0; i < order.size() && i < 60; ++i)
            std::fprintf(stderr, "%d %s; ", order[i].first, order[i].second.c_str());
        std::fputc('\n', stderr);
    }
}

/// The worst of each source, to look at.
void list_errors(Judge& judge, const std::vector<Source>& sources) {
    for (const Source& source : sources) {
        std::vector<std::pair<float, const Line*>> wrong;
        for (const Line& line : source.lines) {
            const float score = judge.score(line.text).toxicity;
            if ((score > 0.5f) != line.toxic) wrong.emplace_back(std::abs(score - 0.5f), &line);
        }
        std::ranges::sort(wrong, std::greater<>(), &std::pair<float, const Line*>::first);
        for (std::size_t i = 0; i < wrong.size() && i < 15; ++i)
            std::fprintf(stderr, "%s %d %.2f %s\n", source.name.c_str(),
                         wrong[i].second->toxic ? 1 : 0, wrong[i].first,
                         wrong[i].second->text.c_str());
    }
}

}  // namespace
}  // namespace clamor::automod_tools

int main(int argc, char** argv) {
    using namespace clamor;
    using namespace clamor::automod_tools;
    std::string data = "../shared/data";
    std::string model;
    std::string out;
    bool list = false;
    bool errors = false;
    bool misread = false;
    CLI::App app("Measures the classifier on the dev texts and on live chat.");
    app.add_option("--data", data, "folder with toxicity/dev and chatlog")->capture_default_str();
    app.add_option("--model", model, "a model file instead of the one in the binary");
    app.add_option("--out", out, "file to write the page to; otherwise standard output");
    app.add_flag("--list", list, "print the live-chat messages above 0.5 to standard error");
    app.add_flag("--errors", errors, "print the worst errors of each source to standard error");
    app.add_flag("--misread", misread, "print the words that disguises make misread");
    CLI11_PARSE(app, argc, argv);

    std::shared_ptr<const automod::Classifier> classifier;
    if (model.empty()) {
        classifier = automod::builtin_classifier();
    } else {
        auto loaded = automod::load_classifier(model);
        if (!loaded) die(loaded.error().to_string());
        classifier = *std::move(loaded);
    }
    const auto sources = read_sources(data + "/toxicity/dev");
    const auto chat = read_chat(data + "/chatlog/twitch_vod.jsonl");
    Judge judge(*classifier);
    std::string page =
        "# AutoMod: evaluation of the classifier\n\nWritten by `script/automod-eval`; model `" +
        std::string(classifier->version()) +
        "`. The dev texts are no part of the training. Every word of a disguised\ntext is "
        "disguised, harmless texts like toxic ones.\n\n";
    page += quality(judge, sources) + timing(judge, sources, chat) + live_chat(judge, chat, list);
    if (misread) list_misread(sources);
    if (errors) list_errors(judge, sources);
    if (out.empty())
        std::fputs(page.c_str(), stdout);
    else
        write_file(out, page);
    return 0;
}
