// SPDX-License-Identifier: Apache-2.0
#include "app/cli.h"

int main(int argc, char** argv) {
    return clamor::app::run_command(clamor::app::parse_command_line({argv + 1, argv + argc}));
}
