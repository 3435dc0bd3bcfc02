/** The name with its mark: a ring that has not closed. */
export function Wordmark({ folded }: { folded?: boolean }) {
  return (
    <span className="r-wordmark">
      <svg
        width="20"
        height="20"
        viewBox="0 0 32 32"
        fill="none"
        stroke="currentColor"
        strokeWidth="2.75"
        strokeLinecap="round"
        aria-hidden
      >
        <path d="M16 3.5A12.5 12.5 0 1 1 5.2 9.7" />
        <circle cx="16" cy="16" r="6.5" strokeWidth="1.75" />
        <circle cx="9.3" cy="5.3" r="1.9" fill="currentColor" stroke="none" />
      </svg>
      <span className={folded ? 'r-sr' : undefined}>Rondo</span>
    </span>
  );
}
