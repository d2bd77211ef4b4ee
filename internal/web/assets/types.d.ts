// Shapes of the HTTP and WebSocket contract, as far as the page uses them.

export type RoleName = "Creator" | "Team" | "Patron" | "Supporter" | "Member";

/** Who wrote something, as it stands in threads, messages and quotes. */
export interface Byline {
  username: string;
  user_role: RoleName;
  user_badge_color: string;
}

export interface TierInfo {
  is_restricted: boolean;
  min_tier_cents: number;
  tier_id: number | null;
  tier_title: string;
  tier_description?: string;
  tier_color?: string;
  amount_display?: string;
}

export interface Thread extends Byline {
  id: number;
  title: string;
  user_id: number;
  message_count: number;
  view_count: number;
  follower_count: number;
  is_pinned: boolean;
  is_locked: boolean;
  is_private: boolean;
  min_tier_cents: number;
  tier_info: TierInfo;
  last_message_at: string | null;
  created_at: string;
  can_access: boolean;
  can_delete: boolean;
  can_manage: boolean;
  is_following: boolean;
  thread_type: "main" | "sub";
  parent_thread_id: number | null;
  parent_message_id: number | null;
  created_from_message: { id: number; content: string; username: string; created_at: string } | null;
  unread_count: number;
  unread_messages: number;
  last_read_message_id: number | null;
}

export interface Quote extends Byline {
  id: number;
  content: string;
  created_at: string;
}

export interface Message extends Byline {
  id: number;
  thread_id: number;
  content: string;
  content_html: string;
  user_id: number;
  is_hidden: boolean;
  is_edited: boolean;
  edited_at: string | null;
  created_at: string;
  mentions: string[];
  reply_to_id: number | null;
  reply_to_message: Quote | null;
  reply_count: number;
  like_count: number;
  user_has_liked: boolean;
  spawned_thread_count: number;
  can_create_thread: boolean;
}

export interface Like {
  id: number;
  user: { id: number; username: string; role: RoleName; badge_color: string };
  created_at: string;
}

export interface LikePage {
  likes: Like[];
  total_likes: number;
  user_has_liked: boolean;
}

export interface Flag {
  id: number;
  reason: "spam" | "abuse" | "off_topic" | "other";
  note: string;
  flagged_by: { id: number; username: string } | null;
  created_at: string;
  message: { id: number; thread_id: number; thread_title: string; user: { id: number; username: string }; content: string };
}

export interface Notification {
  id: number;
  notification_type: "mention" | "reply" | "new_message" | "like" | "sub_thread" | "moderation";
  type: string;
  title: string;
  content: string;
  sender: { id: number; username: string } | null;
  thread_id: number | null;
  thread_title: string | null;
  message_id: number | null;
  is_read: boolean;
  created_at: string;
  time_since: string;
}

export interface NotificationPage {
  notifications: Notification[];
  unread_count: number;
  count_version: number;
  total: number;
}

/** An answer that carries a count and the version it was true at. */
export interface CountAnswer {
  unread_count?: number;
  count?: number;
  count_version: number;
}

export interface FollowAnswer {
  success: boolean;
  message: string;
  is_following: boolean;
  follower_count: number;
  requires_warning?: boolean;
  warning_message?: string | null;
}

export interface FollowChoices {
  notify_on_new_message: boolean;
  notify_on_mention: boolean;
  notify_on_reply: boolean;
}

/** One suggestion of /users/search. */
export interface Person {
  username: string;
  display_name: string;
  role: string;
  badge_color: string;
}

export interface User {
  id: number;
  username: string;
  display_name: string;
  role: "creator" | "team" | "member";
  user_role: RoleName;
  user_badge_color: string;
  current_tier_amount: number;
}

export interface Permissions {
  can_create_threads: boolean;
  can_use_team_mention: boolean;
  can_moderate: boolean;
  is_creator: boolean;
}

export interface DemoPerson extends Byline {
  id: number;
  about: string;
}

export interface SignInOptions {
  registration: "open" | "invite" | "closed";
  thread_creation: "creator" | "team" | "members";
  community: string;
  demo: DemoPerson[];
}

/** A signed-in device. */
export interface Device {
  public_id: string;
  created_at: string;
  last_seen_at: string;
  expires_at: string;
  user_agent: string;
  address: string;
  current: boolean;
}

export interface NewThread {
  title: string;
  content: string;
  is_private?: boolean;
}

export interface ThreadChanges {
  title?: string;
  is_pinned?: boolean;
  is_locked?: boolean;
  is_private?: boolean;
}

/** What a row of the list of threads learns from `thread_activity`. */
export interface Activity {
  thread_id: number;
  message_count: number;
  last_message_at: string;
}

/** Any frame of either socket: `type` says which, the rest is the contract's. */
export type Frame = { type: string; event_id?: string } & Record<string, any>;

/** A message on its way to the server. */
export interface Outgoing {
  key: string;
  content: string;
  replyTo: Quote | null;
  createdAt: string;
  state: "sending" | "failed";
  problem: string;
}

/** What the address bar says should be shown. */
export interface Place {
  thread: number | null;
  message: number | null;
  panel: number | null;
}
