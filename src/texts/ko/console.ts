import type { CONSOLE as EN } from '../en/console.js';

export const CONSOLE: Readonly<Record<keyof typeof EN, string>> = {
  'overview.connect': '도구 연결하기',
  'overview.lead': '도구가 브라우저에서 이 서버를 엽니다. 로그인하고, 조직을 선택하고, 승인하면 연결됩니다.',
  'overview.terminal': '터미널',
  'overview.address': '주소',
  'overview.claude-code': '터미널에서 실행한 다음, Claude Code에서 /mcp를 입력하고 bkend를 골라 로그인하세요.',
  'overview.cursor': '링크로 설치하거나 .cursor/mcp.json에 넣으세요.',
  'overview.vscode': '링크로 설치하거나 터미널에서 실행하세요.',
  'overview.any': '그 밖의 도구',
  'overview.any-how': '주소나 이 설정을 도구에 넣으세요. 나머지는 도구가 알아서 찾습니다.',
  'overview.install': '{tool}에 설치',
  'overview.all': '연결된 도구 모두 보기 ({count})',
  'overview.none': '아직 연결된 도구가 없습니다. 위의 내용을 도구에 넣어 보세요.',

  'connections.lead':
    '승인했고 아직 끝나지 않은 연결입니다. 연결을 끊은 도구는 2초 안에 멈추며, 다시 승인을 받아야 합니다.',
  'connections.none': '회원님 이름으로 연결된 도구가 없습니다.',
  'connections.search': '도구 또는 조직',
  'connections.none-found': '조건에 맞는 도구가 없습니다.',
  'connections.all': '모든 도구 보기',
  'connections.more': '도구 더 보기',
  'connections.first': '최신으로',
  'connections.disconnect': '연결 끊기',
  'connections.facts':
    '조직 <n>{organization}</n> · 리디렉션 {host} · {since} 연결 · 마지막 사용 {used} · 쓰지 않으면 {until} 종료',
  'connections.facts-at':
    '조직 <n>{organization}</n> · 서버 <n>{server}</n> · 리디렉션 {host} · {since} 연결 · 마지막 사용 {used} · 쓰지 않으면 {until} 종료',
  'connections.disconnect-what':
    '2초 안에 멈춥니다. 이 서버를 다시 쓰려면 다시 승인을 받아야 합니다. 도구가 만든 것은 삭제되지 않습니다.',

  'organizations.facts': '내 역할: {role} · {members} · {since} 만듦',
  'organizations.selected': '선택됨',
  'organizations.select': '선택',
  'organizations.none': '아직 속한 조직이 없습니다. 아래에서 첫 조직을 만드세요.',
  'organizations.create': '조직 만들기',

  'projects.lead': '<n>{organization}</n>의 프로젝트입니다. 이 조직에 연결한 도구도 같은 목록을 봅니다.',
  'projects.made': '{since} 만듦',
  'projects.delete': '삭제',
  'projects.more': '프로젝트 더 보기',
  'projects.none-change': '아직 프로젝트가 없습니다. 아래에서 만들거나 연결된 도구에 맡기세요.',
  'projects.none-look': '아직 프로젝트가 없습니다. 소유자나 관리자가 만들 수 있습니다.',
  'projects.none-found': '그런 이름의 프로젝트가 없습니다.',
  'projects.all': '모든 프로젝트 보기',
  'projects.create': '프로젝트 만들기',
  'projects.name': '프로젝트 이름',
  'projects.submit': '프로젝트 만들기',
  'projects.homeless': '프로젝트는 조직에 속하는데, 아직 조직이 없습니다.',
  'projects.delete-title': '프로젝트 삭제',
  'projects.delete-what':
    '<b><n>{project}</n></b>: 조직의 모든 사람과 도구에서 사라집니다. {days}일 동안 소유자나 관리자가 되살릴 수 있습니다.',
  'projects.delete-type': '확인을 위해 이름을 입력하세요',
  'projects.delete-wrong': '이름이 다릅니다.',
  'projects.first': '처음으로',
  'projects.deleted': '최근에 삭제한 프로젝트',
  'projects.deleted-lead':
    '아무도, 어떤 도구도 볼 수 없습니다. {days}일 동안 예전 그대로, 같은 ID로 되살릴 수 있고, 그 뒤에는 완전히 사라집니다.',
  'projects.deleted-by': '{email} 님이 {since} 삭제',
  'projects.deleted-since': '{since} 삭제',
  'projects.more-deleted': '삭제한 프로젝트 더 보기',
  'projects.restore': '되살리기',
  'projects.restore-not': '삭제된 채로 두기',
  'projects.restore-title': '프로젝트 되살리기',
  'projects.restore-taken':
    '그사이 <n>{name}</n>(이)라는 다른 프로젝트가 생겼습니다. 되살릴 프로젝트에 다른 이름을 지어 주세요.',
};
