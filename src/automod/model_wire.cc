// SPDX-License-Identifier: Apache-2.0
#include "automod/model_wire.h"

#include <algorithm>
#include <cmath>
#include <optional>

#include <nlohmann/json.hpp>

#include "base/limits.h"

namespace clamor::automod {
namespace {

using nlohmann::json;

tl::unexpected<Error> nonsense(std::string why) {
    return fail(std::errc::bad_message, std::move(why));
}

std::string shown(std::string_view label) {
    constexpr std::size_t kShown = 64;
    return json(label.substr(0, kShown)).dump(-1, ' ', true, json::error_handler_t::replace);
}

/// The score as a probability; nothing when it is none.
std::optional<float> probability_of(const json& score, ScoreKind kind) {
    if (!score.is_number()) return {};
    const double value = score.get<double>();
    if (!std::isfinite(value)) return {};
    if (kind == ScoreKind::probabilities) {
        if (value < 0 || value > 1) return {};
        return static_cast<float>(value);
    }
    // No head of a model says this much.
    if (std::abs(value) > limits::kModelLogitMax) return {};
    return static_cast<float>(1 / (1 + std::exp(-value)));
}

Result<ModelScores> scores_of(const json& predictions, const ModelLabels& labels, ScoreKind kind) {
    if (!predictions.is_array()) return nonsense("the answer to a text is not a list");
    if (predictions.size() > limits::kModelLabels)
        return nonsense(std::to_string(predictions.size()) + " labels");
    ModelScores scores;
    double sum = 0;
    std::vector<bool> seen(labels.meanings().size());
    for (const auto& prediction : predictions) {
        if (!prediction.is_object() || !prediction.contains("label") ||
            !prediction.contains("score") || !prediction["label"].is_string())
            return nonsense("a prediction without label or score");
        const auto& label = prediction["label"].get_ref<const std::string&>();
        const auto score = probability_of(prediction["score"], kind);
        if (!score) return nonsense("the score of " + shown(label) + " is none");
        sum += *score;
        const auto index = labels.find(label);
        if (!index) {
            if (labels.others_mean_nothing()) continue;
            return nonsense("the label " + shown(label) +
                            " has no meaning; see automod.model.labels");
        }
        if (seen[*index]) return nonsense("the label " + shown(label) + " comes twice");
        seen[*index] = true;
        const auto& meaning = labels.meanings()[*index];
        if (meaning.toxicity) scores.toxicity = std::max(scores.toxicity, *score);
        if (meaning.category) {
            auto& category = scores.categories[static_cast<std::size_t>(*meaning.category)];
            category = std::max(category, *score);
        }
    }
    for (std::size_t i = 0; i < seen.size(); ++i) {
        const auto& meaning = labels.meanings()[i];
        if (!seen[i] && (meaning.toxicity || meaning.category))
            return nonsense("the label " + shown(meaning.label) + " is missing");
    }
    constexpr double kRounding = 1e-4;
    scores.exclusive = std::abs(sum - 1) < kRounding;
    if (!labels.tell_toxicity())
        scores.toxicity = *std::max_element(scores.categories.begin(), scores.categories.end());
    return scores;
}

ModelAddress address_below(const std::string& base, std::string unix_socket) {
    return {.predict_url = base + "/predict",
            .info_url = base + "/info",
            .unix_socket = std::move(unix_socket)};
}

/// As findings and logs may have it; empty when it is none.
std::string name_in(const json& document, const char* key) {
    const auto found = document.find(key);
    if (found == document.end() || !found->is_string()) return {};
    auto name = found->get<std::string>();
    if (const auto slash = name.rfind('/'); name.starts_with('/')) name.erase(0, slash + 1);
    const bool printable = std::ranges::all_of(name, [](char c) { return c > ' ' && c < 0x7f; });
    return printable && name.size() <= limits::kModelNameBytes ? name : std::string();
}

}  // namespace

Result<ModelAddress> parse_model_url(std::string_view url) {
    const auto wrong = [&](std::string_view why) {
        return fail(std::errc::invalid_argument,
                    "url: '" + std::string(url) + "': " + std::string(why));
    };
    for (const char c : url) {
        if (c <= ' ' || c == 0x7f || c == '\\') return wrong("has a character that no URL has");
    }
    constexpr std::string_view kUnix = "unix:";
    if (url.starts_with(kUnix)) {
        const auto path = url.substr(kUnix.size());
        if (!path.starts_with('/')) return wrong("the path of a Unix socket begins with a slash");
        if (path.size() > limits::kUnixSocketPathBytes)
            return wrong("the path of a Unix socket has at most " +
                         std::to_string(limits::kUnixSocketPathBytes) + " bytes");
        return address_below("http://localhost", std::string(path));
    }
    std::string_view rest;
    for (const std::string_view scheme : {"http://", "https://"}) {
        if (url.starts_with(scheme)) rest = url.substr(scheme.size());
    }
    if (rest.empty()) return wrong("is http://HOST:PORT, https://HOST:PORT or unix:/PATH");
    if (rest.find_first_of("@?#") != std::string_view::npos)
        return wrong("has a user, query or fragment");
    if (rest.starts_with('/') || rest.starts_with(':')) return wrong("has no host");
    std::string full(url);
    while (full.ends_with('/')) full.pop_back();
    constexpr std::string_view kPredict = "/predict";
    if (full.ends_with(kPredict)) full.resize(full.size() - kPredict.size());
    return address_below(full, {});
}

std::string encode_questions(std::span<const std::string> texts, ScoreKind kind) {
    json inputs = json::array();
    for (const auto& text : texts) inputs.push_back(json::array({text}));
    const json body{{"inputs", std::move(inputs)},
                    {"raw_scores", kind == ScoreKind::logits},
                    {"truncate", true}};
    return body.dump(-1, ' ', false, json::error_handler_t::replace);
}

Result<std::vector<ModelScores>> parse_answers(std::string_view body, std::size_t count,
                                               const ModelLabels& labels, ScoreKind kind) {
    if (body.size() > limits::kModelAnswerBytes) return nonsense("too long");
    const json document = json::parse(body, nullptr, false);
    if (document.is_discarded()) return nonsense("not JSON");
    if (!document.is_array()) return nonsense("not a list");
    if (document.size() != count)
        return nonsense(std::to_string(document.size()) + " answers to " + std::to_string(count) +
                        " texts");
    std::vector<ModelScores> all;
    all.reserve(count);
    for (const auto& predictions : document) {
        const auto scores = scores_of(predictions, labels, kind);
        if (!scores) return tl::unexpected<Error>(scores.error());
        all.push_back(*scores);
    }
    return all;
}

ModelIdentity parse_info(std::string_view body) {
    ModelIdentity identity;
    const json document = json::parse(body, nullptr, false);
    if (!document.is_object()) return identity;
    if (auto name = name_in(document, "model_id"); !name.empty()) identity.name = std::move(name);
    if (auto sha = name_in(document, "model_sha"); !sha.empty()) identity.version = std::move(sha);
    return identity;
}

}  // namespace clamor::automod
