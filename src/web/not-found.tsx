import { useLocation } from '@tanstack/react-router';
import { Empty } from '../ui/empty.tsx';
import { PageFrame } from '../ui/page-frame.tsx';
import { pageHref, projectOf } from './navigation.ts';

/** No page or object at this address; the same for one that is hidden from this person. */
export function NotFound() {
  const { pathname } = useLocation();
  const project = projectOf(pathname);
  return (
    <PageFrame title="Not found">
      <Empty
        actions={
          <a href={project ? pageHref(project, 'overview') : '/'}>
            {project ? `Overview of ${project}` : 'Start page'}
          </a>
        }
      >
        Nothing lives at <code className="r-code">{pathname}</code>, or it is not open to you.{' '}
        <kbd className="r-kbd">Ctrl K</kbd> finds pages and objects by name, id or digest.
      </Empty>
    </PageFrame>
  );
}
