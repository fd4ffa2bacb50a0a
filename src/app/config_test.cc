// SPDX-License-Identifier: Apache-2.0
#include "app/config.h"

#include <fstream>
#include <sstream>

#include <fmt/format.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "auth/auth_fixture.h"
#include "reactor/papers_fixture.h"

namespace clamor::app {
namespace {

using ::testing::AllOf;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

std::string example_path() {
    return std::string(CLAMOR_SOURCE_DIR) + "/config/clamor.example.toml";
}

std::vector<std::string> problems_of(std::string_view toml) {
    return parse_config(toml, "c.toml").problems;
}

TEST(ExampleConfig, HasExactlyTheDefaults) {
    const auto loaded = load_config(example_path());
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config, Config{});
}

TEST(ExampleConfig, NamesEverySetting) {
    std::ifstream file(example_path());
    std::string section;
    std::vector<std::string> named;
    for (std::string line; std::getline(file, line);) {
        if (line.starts_with('[')) section = line.substr(1, line.find(']') - 1);
        if (line.starts_with('#') || line.find(" = ") == std::string::npos) continue;
        named.push_back(section + "." + line.substr(0, line.find(" = ")));
    }
    EXPECT_EQ(named, setting_names());
}

TEST(DevConfig, IsRight) {
    const auto loaded = load_config(std::string(CLAMOR_SOURCE_DIR) + "/config/dev.toml");
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_TRUE(loaded.config.server.dev);
}

TEST(Config, TakesEverySettingFromTheFile) {
    const auto [config, problems] = parse_config(R"(
        [server]
        http = ":9000"
        irc = ""
        data = "/var/lib/clamor"
        shards = 4
        reactor = "epoll"
        node = 3
        trusted_proxies = ["10.0.0.0/8", "::1"]
        [limits]
        messages_viewer = 5
        outbox_age_s = 7
        coalesce_max_ms = 20
        [log]
        level = "debug"
        format = "json"
        [web]
        allowed_origins = ["https://tv.example", "https://two.example"]
        frame_ancestors = "'none'"
    )",
                                                 "c.toml");
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_EQ(config.server.http, ":9000");
    EXPECT_EQ(config.server.irc, "");
    EXPECT_EQ(config.server.data, "/var/lib/clamor");
    EXPECT_EQ(config.server.shards, 4);
    EXPECT_EQ(config.server.reactor, reactor::EngineKind::epoll);
    EXPECT_EQ(config.server.node, 3);
    EXPECT_THAT(config.server.trusted_proxies, ElementsAre(*reactor::Network::parse("10.0.0.0/8"),
                                                           *reactor::Network::parse("::1")));
    EXPECT_EQ(config.limits.messages_viewer, 5u);
    EXPECT_EQ(config.limits.outbox_age, std::chrono::seconds(7));
    EXPECT_EQ(config.limits.coalesce_max, std::chrono::milliseconds(20));
    EXPECT_EQ(config.log.level, log::Level::debug);
    EXPECT_TRUE(config.log.json);
    EXPECT_THAT(config.web.allowed_origins,
                ElementsAre("https://tv.example", "https://two.example"));
    EXPECT_EQ(config.web.frame_ancestors, "'none'");
}

TEST(RedisConfig, JoinsOnlyNodesWhoseStoresAreShared) {
    constexpr std::string_view kRedis = "[redis]\nurl = \"redis://10.0.0.5\"\n";
    constexpr std::string_view kCatalog = "[catalog]\nurl = \"postgresql://u:p@h/d\"\n";
    constexpr std::string_view kLog = "[dynamodb]\nurl = \"dynamodb://eu-central-1/clamor\"\n";
    const auto with = [&](auto... parts) {
        return problems_of((std::string(kRedis) + ... + std::string(parts)));
    };
    EXPECT_THAT(with(kCatalog, kLog), IsEmpty());
    EXPECT_THAT(with(),
                ElementsAre(AllOf(HasSubstr("but the catalog and the message log would be in"),
                                  HasSubstr("catalog.url (--postgres) and dynamodb.url "
                                            "(--dynamodb)"),
                                  HasSubstr("redis.only_node = true (--redis-only-node)"))));
    EXPECT_THAT(with(kLog), ElementsAre(HasSubstr("but the catalog would be in")));
    EXPECT_THAT(with(kCatalog), ElementsAre(HasSubstr("but the message log would be in")));
    EXPECT_THAT(with(std::string_view("only_node = true\n")), IsEmpty());
}

TEST(RedisConfig, FilesOfTlsMustBeThereAndBeForAnAddressThatSpeaksIt) {
    constexpr std::string_view kTls = "[redis]\nonly_node = true\nurl = \"rediss://10.0.0.5\"\n";
    constexpr std::string_view kPlain = "[redis]\nonly_node = true\nurl = \"redis://10.0.0.5\"\n";
    const auto problems = [](std::string_view redis, const std::string& files) {
        return problems_of(std::string(redis) + files);
    };
    EXPECT_THAT(problems(kTls, ""), IsEmpty());
    EXPECT_THAT(
        problems(kTls, "ca_file = \"/no/such.crt\"\n"),
        ElementsAre(AllOf(HasSubstr("redis.ca_file ('/no/such.crt')"), HasSubstr("No such file"))));
    EXPECT_THAT(problems(kTls, "ca_file = \"" + example_path() + "\"\n"),
                ElementsAre(AllOf(HasSubstr("redis.ca_file"), HasSubstr("PEM"))));
    EXPECT_THAT(problems(kTls, "key_file = \"/no/such.key\"\n"),
                ElementsAre(HasSubstr("belong together")));
    EXPECT_THAT(problems(kPlain, "ca_file = \"/no/such.crt\"\n"),
                ElementsAre(HasSubstr("/no/such.crt"), HasSubstr("begins with rediss")));
}

TEST(CatalogConfig, TakesAPostgresqlUrl) {
    const auto [config, problems] = parse_config(R"(
        [catalog]
        url = "postgresql://clamor:secret@db.example:5433/clamor?sslmode=verify-full"
        connections = 8
        statement_timeout_ms = 250
    )",
                                                 "c.toml");
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_EQ(config.catalog.connections, 8u);
    EXPECT_EQ(config.catalog.statement_timeout, std::chrono::milliseconds(250));
}

TEST(CatalogConfig, SaysWhatIsWrongWithAUrlAndNeverItsPassword) {
    const auto why = [](const std::string& url) {
        const auto problems = problems_of("[catalog]\nurl = \"" + url + "\"\n");
        return problems.size() == 1 ? problems[0] : std::to_string(problems.size()) + " problems";
    };
    EXPECT_THAT(why("db.example"), AllOf(HasSubstr("c.toml:2: catalog.url must be"),
                                         HasSubstr("postgresql://USER:PASSWORD@HOST")));
    EXPECT_THAT(why("postgresql://u@h/d?sslmod=require"), HasSubstr("sslmod"));
    EXPECT_THAT(why("postgresql://u:hunter2%zz@h/d"),
                AllOf(HasSubstr("written as %XX"), testing::Not(HasSubstr("hunter2"))));
    EXPECT_THAT(why("postgresql://u:hunter2/x@h/d?sslmod=require"),
                testing::Not(HasSubstr("hunter2")));
}

TEST(AuthConfig, TakesKeysAndClientsFromTheirFiles) {
    const auth::TempFile key("a.pem", auth::KeyPair::ed25519().public_pem());
    const auth::TempFile set("set.json", auth::jwks_of({auth::KeyPair::rsa().jwk("b")}));
    const auth::TempFile secret("c.secret", std::string(32, 's'));
    const auth::TempFile client("bot.secret", "0123456789abcdef\n");
    const auto text =
        fmt::format(R"(
        [server]
        public_url = "https://chat.example/live"
        [auth]
        jwt_keys = ["{}", "{}"]
        jwt_secrets = ["{}"]
        jwks_url = "https://tv.example/jwks.json"
        jwt_issuer = "https://tv.example"
        jwt_audience = "chat"
        [[auth.clients]]
        id = "bot"
        secret_file = "{}"
        [[auth.clients]]
        id = "panel"
        secret_file = "{}"
    )",
                    key.path(), set.path(), secret.path(), client.path(), client.path());
    const auto [config, problems] = parse_config(text, "c.toml");
    EXPECT_THAT(problems, IsEmpty());
    EXPECT_EQ(config.server.public_url, "https://chat.example/live");
    EXPECT_THAT(config.auth.jwt_keys, ElementsAre(key.path(), set.path()));
    EXPECT_THAT(config.auth.jwt_secrets, ElementsAre(secret.path()));
    EXPECT_EQ(config.auth.jwks_url, "https://tv.example/jwks.json");
    EXPECT_EQ(config.auth.jwt_issuer, "https://tv.example");
    EXPECT_EQ(config.auth.jwt_audience, "chat");
    EXPECT_THAT(config.auth.clients, ElementsAre(ClientConfig{"bot", client.path()},
                                                 ClientConfig{"panel", client.path()}));
}

TEST(AuthConfig, SaysWhichFileIsWrongAndWhy) {
    const auth::TempFile text("a.pem", "hello");
    const auth::TempFile lines("b.secret", "one line of many\nand another\n");
    const auto why = [](const std::string& line) {
        const auto problems = problems_of("[auth]\n" + line + "\n");
        return problems.size() == 1 ? problems[0] : std::to_string(problems.size()) + " problems";
    };
    EXPECT_THAT(why("jwt_keys = [\"/nowhere.pem\"]"),
                AllOf(HasSubstr("c.toml:2: auth.jwt_keys must be a list of files"),
                      HasSubstr("/nowhere.pem")));
    EXPECT_THAT(why("jwt_keys = [\"" + text.path() + "\"]"), HasSubstr("no public key in PEM"));
    EXPECT_THAT(why("jwt_keys = \"a.pem\""), HasSubstr("a list of files"));
    EXPECT_THAT(why("jwt_secrets = [\"" + text.path() + "\"]"), HasSubstr("5 bytes"));
    EXPECT_THAT(why("jwks_url = \"http://tv.example/jwks\""),
                HasSubstr("c.toml:2: auth.jwks_url must be empty, or an https address"));
    EXPECT_THAT(why("clients = [{ id = \"bot\" }]"), HasSubstr("[[auth.clients]]"));
    EXPECT_THAT(why("clients = [{ id = \"bot\", secret_file = \"" + lines.path() + "\" }]"),
                HasSubstr("one line of 16 to 256 bytes"));
    EXPECT_THAT(why("[[auth.clients]]\nid = \"bot\"\nsecret = \"s\""),
                HasSubstr("[[auth.clients]] sections"));
}

TEST(Config, TakesAPublicAddressThatCanBeInFrontOfAPath) {
    const auto fits = [](const std::string& url) {
        return problems_of("[server]\npublic_url = \"" + url + "\"\n").empty();
    };
    EXPECT_TRUE(fits(""));
    EXPECT_TRUE(fits("http://localhost:8080"));
    for (const auto* url : {"chat.example", "https://", "https://chat.example/", "ftp://chat",
                            "https:///x", "https://chat.example?x", "https://chat example"})
        EXPECT_FALSE(fits(url)) << url;
}

TEST(Config, SuggestsTheNearestSettingForAnUnknownOne) {
    EXPECT_THAT(problems_of("[limits]\nmessage_viewer = 3\n"),
                ElementsAre("c.toml:2: unknown setting 'limits.message_viewer'; did you mean "
                            "'limits.messages_viewer'?"));
    EXPECT_THAT(problems_of("[limit]\nmailbox = 3\n"),
                ElementsAre("c.toml:1: unknown section 'limit'; did you mean 'limits'?"));
    EXPECT_THAT(problems_of("http = \":80\"\n"),
                ElementsAre("c.toml:1: the setting 'http' stands outside of a section; did you "
                            "mean 'server.http'?"));
    EXPECT_THAT(
        problems_of("server = 1\n"),
        ElementsAre("c.toml:1: 'server' is a section: write [server] on a line of its own"));
}

TEST(Config, SuggestsNothingForWhatIsFarFromEverySetting) {
    EXPECT_THAT(problems_of("[limits]\nzzzzzzzzzzzzzzzzzz = 1\n"),
                ElementsAre("c.toml:2: unknown setting 'limits.zzzzzzzzzzzzzzzzzz'"));
}

TEST(Config, SaysWhatAWrongValueMustBe) {
    EXPECT_THAT(
        problems_of("[server]\nshards = 1000\ndev = \"yes\"\nreactor = \"kqueue\"\nhttp = 8080\n"
                    "[web]\nallowed_origins = \"*\"\n[limits]\noutbox_age_s = 1.5\n"),
        testing::UnorderedElementsAre(
            "c.toml:2: server.shards must be a whole number from 0 to 256",
            "c.toml:3: server.dev must be true or false",
            "c.toml:4: server.reactor must be one of \"auto\", \"io_uring\", \"epoll\"",
            "c.toml:5: server.http must be a text in quotes",
            "c.toml:7: web.allowed_origins must be a list of texts, as [\"*\"]",
            "c.toml:9: limits.outbox_age_s must be a whole number from 1 to 3600"));
}

TEST(Config, SaysWhatNetworksMustBe) {
    EXPECT_THAT(problems_of("[server]\ntrusted_proxies = \"10.0.0.1\"\n"),
                ElementsAre("c.toml:2: server.trusted_proxies must be a list of networks, as "
                            "[\"10.0.0.0/8\", \"::1\"]"));
    EXPECT_THAT(problems_of("[server]\ntrusted_proxies = [\"10.0.0.1\", \"proxy.example\"]\n"),
                ElementsAre("c.toml:2: server.trusted_proxies must be a list of networks: "
                            "'proxy.example' is no network: 10.0.0.0/8, 2001:db8::/32 or a "
                            "numeric address"));
}

TEST(Config, NamesTheLineOfBrokenToml) {
    const auto problems = problems_of("[server]\ndev = true\nhttp = \"unfinished\n");
    ASSERT_EQ(problems.size(), 1u);
    EXPECT_THAT(problems[0], HasSubstr("c.toml:3: "));
}

TEST(Config, ReadsHostileBytesWithoutHarm) {
    for (const std::string_view toml :
         {std::string_view("\xff\xfe[server]\n"), std::string_view("[server]\nhttp = \"\0\"", 19),
          std::string_view("[[server]]\n"), std::string_view("[server.http]\nx = 1\n")}) {
        EXPECT_FALSE(problems_of(toml).empty());
    }
    EXPECT_FALSE(problems_of(std::string(10'000, '[')).empty());
}

TEST(Config, SaysWhenTheFileCannotBeRead) {
    EXPECT_THAT(load_config("nowhere.toml").problems,
                ElementsAre(HasSubstr("nowhere.toml: cannot be read")));
    EXPECT_THAT(load_config("/").problems, ElementsAre(HasSubstr("/: cannot be read")));
}

TEST(Config, AnEmptyFileIsAllDefaults) {
    const auto loaded = load_config("/dev/null");
    EXPECT_THAT(loaded.problems, IsEmpty());
    EXPECT_EQ(loaded.config, Config{});
}

TEST(DynamoConfig, TakesAnAddressAndDays) {
    const auto loaded = parse_config(
        "[dynamodb]\nurl = \"dynamodb://eu-central-1/clamor?endpoint=http://127.0.0.1:8000\"\n"
        "requests = 4\nkeep_days = 90\nkeep_days_of = [\"music = 30\", \"news=0\"]\n",
        "c.toml");
    EXPECT_TRUE(loaded.problems.empty());
    EXPECT_EQ(loaded.config.dynamodb.requests, 4u);
    EXPECT_EQ(loaded.config.dynamodb.keep_days, 90u);
    const std::map<std::string, std::uint32_t> days{{"music", 30}, {"news", 0}};
    EXPECT_EQ(days_by_login(loaded.config.dynamodb.keep_days_of), days);
}

TEST(DynamoConfig, SaysWhatIsWrong) {
    const auto why = [](const std::string& line) {
        const auto loaded = parse_config("[dynamodb]\n" + line, "c.toml");
        return loaded.problems.empty() ? std::string() : loaded.problems.front();
    };
    EXPECT_THAT(why("url = \"https://dynamodb.eu-central-1.amazonaws.com\""),
                testing::HasSubstr("c.toml:2: dynamodb.url must be empty, or dynamodb://REGION/"));
    EXPECT_THAT(why("requests = 0"), testing::HasSubstr("a whole number from 1 to 64"));
    for (const char* wrong :
         {"music", "music = ", "= 3", "music = -1", "music = x", "music = 99999"}) {
        EXPECT_THAT(why("keep_days_of = [\"" + std::string(wrong) + "\"]"),
                    testing::HasSubstr("dynamodb.keep_days_of must be a list of channels and days"))
            << wrong;
    }
}

TEST(ConfigRules, KnowsAddresses) {
    Config config;
    for (const auto* good : {"127.0.0.1:8080", "[::1]:0", ":65535", "chat.example:80"}) {
        config.server.http = good;
        EXPECT_THAT(check_config(config), IsEmpty()) << good;
    }
    for (const auto* bad : {"", "8080", "127.0.0.1", "::1:8080", "127.0.0.1:65536", "a b:1",
                            "127.0.0.1:", "x:-1", "x:99999999999"}) {
        config.server.http = bad;
        EXPECT_THAT(check_config(config), ElementsAre(HasSubstr("server.http must be HOST:PORT")))
            << bad;
    }
}

TEST(ConfigRules, KeepsDevModeOnLoopbackUnlessForced) {
    Config config;
    config.server.dev = true;
    EXPECT_THAT(check_config(config), IsEmpty());
    config.server.irc = ":6667";
    EXPECT_THAT(check_config(config), ElementsAre(HasSubstr("--dev-beyond-loopback")));
    config.server.dev_beyond_loopback = true;
    EXPECT_THAT(check_config(config), IsEmpty());
}

TEST(ConfigRules, SpeaksTlsToClientsWithACertificateOnly) {
    reactor::Papers papers;
    papers.make_ca("ca");
    papers.make("server", "ca", "DNS:chat.example");
    Config config;
    config.server.https = ":8443";
    const auto both = AllOf(HasSubstr("server.cert_file"), HasSubstr("server.key_file"));
    EXPECT_THAT(check_config(config), ElementsAre(both));
    config.server.tls.certificate = papers.certificate("server");
    EXPECT_THAT(check_config(config), ElementsAre(both));
    config.server.tls.key = papers.key("ca");
    EXPECT_THAT(check_config(config), ElementsAre(both)) << "another certificate's key";
    config.server.tls = papers.files("server");
    EXPECT_THAT(check_config(config), IsEmpty());
    config.server.ircs = "6697";
    EXPECT_THAT(check_config(config), ElementsAre(HasSubstr("server.ircs must be HOST:PORT")));
    config.server.ircs = ":6697";
    config.server.dev = true;
    EXPECT_THAT(check_config(config), ElementsAre(HasSubstr("--dev-beyond-loopback")));
    config.server.https = config.server.ircs = "127.0.0.1:0";
    EXPECT_THAT(check_config(config), IsEmpty());
    config.server.https = config.server.ircs = "";
    EXPECT_THAT(check_config(config), ElementsAre(AllOf(both, HasSubstr("server.ircs"))))
        << "nobody is shown it";
}

TEST(ConfigRules, OrdersTheOutboxThresholds) {
    EXPECT_THAT(problems_of("[limits]\noutbox_soft_bytes = 262144\n"),
                ElementsAre("c.toml: limits.outbox_soft_bytes (262144) must be below "
                            "limits.outbox_hard_bytes (262144)"));
}

TEST(ConfigRules, LetsNothingElseIntoThePolicyHeader) {
    Config config;
    config.web.frame_ancestors = "'self'; script-src *";
    EXPECT_THAT(check_config(config), ElementsAre(HasSubstr("web.frame_ancestors")));
}

TEST(Config, NamesTheSettingsInWhichTwoDiffer) {
    const Config before;
    EXPECT_TRUE(changed_settings(before, before).empty());
    Config after;
    after.server.http = "127.0.0.1:1";
    after.automod.model.labels = {"a = race"};
    after.limits.pong_timeout += std::chrono::seconds(1);
    after.log.json = true;
    EXPECT_EQ(changed_settings(before, after),
              (std::vector<std::string>{"server.http", "automod.model.labels",
                                        "limits.pong_timeout_s", "log.format"}));
}

}  // namespace
}  // namespace clamor::app
