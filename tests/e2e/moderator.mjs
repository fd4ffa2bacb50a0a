// SPDX-License-Identifier: Apache-2.0
// A moderator who does all that there is to do, for clients that watch.
import { IrcClient } from './irc.mjs';

/** What can be switched, and the notices that say so. */
const kModes = [
    ['slow 45', 'slow_on', 'slowoff', 'slow_off'],
    ['followers 30', 'followers_on', 'followersoff', 'followers_off'],
    ['subscribers', 'subs_on', 'subscribersoff', 'subs_off'],
    ['emoteonly', 'emote_only_on', 'emoteonlyoff', 'emote_only_off'],
    ['uniquechat', 'r9k_on', 'uniquechatoff', 'r9k_off'],
];

/**
 * The owner of `room` does everything to `victim`, one thing after the other, and whispers to `watcher`. Returns the ids of the
 * message that was deleted and of the victim.
 */
export async function moderateEverything(server, room, victim, watcher) {
    const owner = await IrcClient.login(server, room, { channels: [room] });
    const target = await IrcClient.login(server, victim, { channels: [room] });
    const does = async (command, notice) => {
        owner.say(room, `/${command}`);
        await owner.lines.next((line) => line.includes(`msg-id=${notice}`) && / NOTICE /.test(line));
    };
    await target.sayStored(room, 'rude words');
    const { tags } = await owner.hears('rude words');
    await does(`delete ${tags.id}`, 'delete_message_success');
    await does(`timeout ${victim} 30 calm down`, 'timeout_success');
    await does(`untimeout ${victim}`, 'untimeout_success');
    await does(`ban ${victim} spam`, 'ban_success');
    await does(`unban ${victim}`, 'unban_success');
    owner.say(room, '/clear');
    for (const [on, isOn, off, isOff] of kModes) {
        await does(on, isOn);
        await does(off, isOff);
    }
    await does(`mod ${victim}`, 'mod_success');
    await does(`unmod ${victim}`, 'unmod_success');
    await does(`vip ${victim}`, 'vip_success');
    await does(`unvip ${victim}`, 'unvip_success');
    await does('color SpringGreen', 'color_changed');
    owner.say(room, '/announceblue look here');
    owner.say(room, `/w ${watcher} between us`);
    await server.get(`/api/platform/channels/${room}/events`, {
        method: 'POST',
        headers: { authorization: 'Bearer app', 'content-type': 'application/json' },
        body: JSON.stringify({ type: 'raid', user: victim, viewers: 42 }),
    }).then(({ status, text }) => {
        if (status >= 300) throw new Error(`the raid was not announced: ${status} ${text}`);
    });
    await owner.sayStored(room, 'all done');
    await owner.close();
    await target.close();
    return { messageId: tags.id, victimId: tags['user-id'] };
}
