// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <cstddef>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "automod/model_labels.h"
#include "automod/model_route.h"
#include "base/result.h"

namespace clamor::automod {

/// Where a model is asked.
struct ModelAddress {
    std::string predict_url;
    std::string info_url;
    std::string unix_socket;  ///< its path; empty: over TCP
};

/// Takes `http://HOST:PORT`, https likewise, either with a path in front of /predict, and
/// `unix:/PATH/OF/SOCKET`.
Result<ModelAddress> parse_model_url(std::string_view url);

/// The body of `POST /predict` about these texts, in the text-classification shape of Hugging
/// Face's text-embeddings-inference. What is not UTF-8 is replaced.
std::string encode_questions(std::span<const std::string> texts, ScoreKind kind);

/// The scores of `count` texts, in their order, out of the answer's body; or what is wrong with
/// it. Each text has every label that has a meaning once, and no label without one.
Result<std::vector<ModelScores>> parse_answers(std::string_view body, std::size_t count,
                                               const ModelLabels& labels, ScoreKind kind);

/// The model of `GET /info` in the same shape: its `model_id` and `model_sha`, each "unknown" where
/// it is missing or makes no sense. Of a folder's path the last part is the name.
ModelIdentity parse_info(std::string_view body);

}  // namespace clamor::automod
