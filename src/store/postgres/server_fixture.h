// SPDX-License-Identifier: Apache-2.0
#pragma once

#include <filesystem>
#include <string>

#include <sys/types.h>

namespace clamor::store {

/// A PostgreSQL of the test program's own: in a temporary folder, reached over a Unix socket,
/// stopped and gone with the program. It refuses to run as root: there it runs as the user
/// `postgres`, or `nobody` where that one is missing.
class PostgresServer {
  public:
    static constexpr const char* kUser = "clamor";
    static constexpr const char* kPassword =
        "it's: a/s@cret";  ///< such that it must be written right

    /// The one that all tests share; made when it is asked for first.
    static PostgresServer& shared();

    PostgresServer();
    ~PostgresServer();
    PostgresServer(const PostgresServer&) = delete;
    PostgresServer& operator=(const PostgresServer&) = delete;

    /// An empty database that kUser owns, or a copy of `like`.
    std::string make_database(const std::string& like = "template0");
    void drop_database(const std::string& name);
    /// As kUser.
    std::string url(const std::string& database) const;
    std::string url(const std::string& database, const std::string& user,
                    const std::string& encoded_password) const;

    /// By a superuser; what the first column of the first row holds, else nothing.
    std::string run(const std::string& database, const std::string& statement);

    enum class Shutdown { fast, immediate };
    void stop(Shutdown how);
    void start();  ///< returns when it takes connections
    void freeze();
    void thaw();

  private:
    std::string superuser(const std::string& database) const;

    std::filesystem::path folder_;
    pid_t server_ = -1;
    int databases_ = 0;
};

/// A database with the newest schema, for one test.
class PostgresDatabase {
  public:
    PostgresDatabase();
    ~PostgresDatabase();
    PostgresDatabase(const PostgresDatabase&) = delete;
    PostgresDatabase& operator=(const PostgresDatabase&) = delete;

    const std::string& name() const { return name_; }
    std::string url() const { return PostgresServer::shared().url(name_); }

  private:
    std::string name_;
};

}  // namespace clamor::store
