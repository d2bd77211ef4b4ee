/** @import { Activity, Frame } from "../types.d.ts" */
/** @import { Forum } from "./forum.mjs" */
import { linkTo } from "./place.mjs"
import { notify } from "./toasts.mjs"

/**
 * What each frame of the global stream means for the page. `new_notification`
 * repeats `forum_notification` for old clients and is therefore not here.
 * @type {Record<string, (forum: Forum, frame: Frame) => void>}
 */
export const forumFrames = {
  new_thread_created: threadCreated,
  new_sub_thread_created: threadCreated,

  thread_deleted(forum, { thread_id }) {
    if (!forum.rooms.isOpen(thread_id)) forum.list.remove(thread_id)
  },

  threads_changed(forum, { thread_ids }) {
    forum.rooms.forgetLeft()
    forum.list.renew(thread_ids)
  },

  membership_changed(forum) {
    forum.rooms.forgetLeft()
    forum.renew()
  },

  thread_activity(forum, { threads }) {
    for (const news of /** @type {Activity[]} */ (threads)) {
      const thread = forum.book.active(news, forum.rooms.isOpen(news.thread_id))
      if (thread) forum.list.offer(thread)
      else forum.list.renew([news.thread_id])
    }
  },

  forum_notification(forum, { notification }) {
    forum.notifications.arrived(notification)
    if (forum.isWatching(notification.thread_id)) return
    forum.list.renew([notification.thread_id])
    const href = linkTo({ thread: notification.thread_id, message: notification.message_id })
    notify({ text: notification.title, detail: notification.content, href })
  },

  forum_notification_count(forum, { count, count_version }) {
    forum.counts.setTotal(count, count_version)
  },

  unread_count_updated(forum, { thread_id, thread_unread_count, total_forum_unread, count_version }) {
    forum.counts.setTotal(total_forum_unread, count_version)
    if (!forum.counts.isNews(thread_id ?? 0, count_version)) return
    if (thread_id === null) forum.book.nothingUnread()
    else forum.book.patch(thread_id, { unread_count: thread_unread_count })
    if (!thread_unread_count) forum.notifications.threadWasRead(thread_id)
  },

  everyone_disabled(_, { reason }) {
    notify({ text: "@everyone is switched off for now.", detail: reason ?? "" })
  },

  everyone_enabled() {
    notify({ text: "@everyone works again." })
  },
}

/**
 * The frame shows the thread as a member sees it who did not write it; its
 * author and the team may do more with it, so they ask for their own view.
 * @param {Forum} forum
 * @param {Frame} frame
 */
function threadCreated(forum, { thread, creator }) {
  if (forum.book.get(thread.id)) return
  if (forum.permissions.can_moderate || creator.id === forum.user.id) forum.list.renew([thread.id])
  else forum.list.offer(thread)
}
