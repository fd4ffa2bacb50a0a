// SPDX-License-Identifier: Apache-2.0
// What other pages load: it only defines <clamor-chat>.
import './clamor-chat';
