// SPDX-License-Identifier: Apache-2.0
// automod-train: makes the vocabulary of the normaliser and the model of the classifier.
#include <cstdio>
#include <string>

#include <CLI/CLI.hpp>

#include "dataset.h"
#include "trainer.h"
#include "vocabulary_maker.h"

int main(int argc, char** argv) {
    using namespace clamor::automod_tools;
    std::string data = "../shared/data/toxicity";
    std::string vocabulary;
    std::string model;
    std::string version = "builtin-1";
    TrainingOptions options;
    CLI::App app("Makes the vocabulary of the normaliser or the model of the classifier.");
    app.add_option("--data", data, "folder with train/ and lexicon/")->capture_default_str();
    app.add_option("--vocabulary", vocabulary,
                   "file to write the vocabulary to, nothing else is done");
    app.add_option("--model", model, "file to write the model to");
    app.add_option("--version", version, "name of the model in verdicts")->capture_default_str();
    app.add_option("--seed", options.seed)->capture_default_str();
    app.add_option("--epochs", options.epochs)->capture_default_str();
    app.add_option("--rate", options.rate)->capture_default_str();
    app.add_option("--network-rate", options.network.rate)->capture_default_str();
    app.add_option("--network-decay", options.network.decay)->capture_default_str();
    app.add_option("--dropout", options.network.dropout)->capture_default_str();
    app.add_option("--networks", options.networks)->capture_default_str();
    app.add_option("--network-share", options.network_share)->capture_default_str();
    app.add_option("--decay", options.decay)->capture_default_str();
    app.add_option("--piece-rate", options.piece_rate)->capture_default_str();
    app.add_option("--weak-share", options.weak_share)->capture_default_str();
    app.add_option("--evaded-share", options.evaded_share)->capture_default_str();
    app.add_option("--unknown-share", options.unknown_share)->capture_default_str();
    app.add_option("--odds", options.odds)->capture_default_str();
    app.add_option("--known-max", options.known_max)->capture_default_str();
    app.add_option("--known-min", options.known_min)->capture_default_str();
    CLI11_PARSE(app, argc, argv);

    const std::vector<Source> sources = read_sources(data + "/train");
    if (!vocabulary.empty()) {
        write_file(vocabulary, make_vocabulary(sources, data + "/lexicon"));
        return 0;
    }
    const auto profane = profanity(data + "/lexicon");
    Trainer trainer(options, sources, profane);
    std::fprintf(stderr, "  %zu examples, %zu known words\n", trainer.examples(),
                 trainer.known_words());
    trainer.learn();
    const auto bytes = trainer.model(version);
    if (!model.empty())
        write_file(model, std::string(reinterpret_cast<const char*>(bytes.data()), bytes.size()));
    std::printf("held-out ROC-AUC %.4f, %zu bytes\n", trainer.held_out_auc(), bytes.size());
    return 0;
}
