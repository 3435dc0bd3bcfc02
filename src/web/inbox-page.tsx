import { Inbox } from '../domains/approvals/pages/inbox.tsx';
import { PromotionChange } from '../domains/releases/panels/promotion-change.tsx';

/** The inbox with the panels of the rooms that ask. */
export function InboxPage() {
  return <Inbox panels={{ promotion: PromotionChange }} />;
}
