import type { RESOURCES as EN } from '../en/resources.js';

export const RESOURCES: Readonly<Record<keyof typeof EN, string>> = {
  'nav.resources': '리소스',
  'resources.lead':
    '이 서버의 토큰을 쓰는 다른 MCP 서버입니다. 이 서버의 엔드포인트는 선언할 필요가 없습니다: <b>{own}</b>',
  'resources.facts': '{scopes} · {since} 선언',
  'resources.none': '아직 없습니다. 이 서버의 토큰을 받을 서버를 선언하세요.',
  'resources.all': '모든 리소스 보기',
  'resources.title': '<n>{resource}</n> 리소스',
  'resources.name': '사람들이 읽는 이름',
  'resources.uri': 'MCP 엔드포인트의 URL',
  'resources.uri-hint': 'https, 또는 이 컴퓨터의 http. 쿼리와 프래그먼트는 없어야 합니다. 토큰의 수신자가 됩니다.',
  'resources.uri-rule':
    'MCP 엔드포인트의 URL을 적으세요. https여야 하고(http는 localhost, 127.0.0.1, [::1]만) 쿼리와 프래그먼트는 없어야 합니다.',
  'resources.own-rule': '이 서버의 엔드포인트입니다. 선언할 필요가 없습니다.',
  'resources.declared-before': '이 URL의 서버는 이미 선언되어 있습니다.',
  'resources.since': '선언한 때',
  'resources.scopes': '권한',
  'resources.scope': '이름',
  'resources.scope-hint': '도구가 요청하는 이름입니다. 예: files:read',
  'resources.scope-lead': '<b><n>{resource}</n></b>의 권한입니다. 도구는 다음에 승인받을 때 얻습니다.',
  'resources.sentence': '문장',
  'resources.sentence-hint': '승인할 때 사람들이 읽는 말입니다. 예: 파일 보기',
  'resources.example': '실제로 무엇을 하는지 (선택)',
  'resources.changes': '바꾸는 권한',
  'resources.changes-label': '무언가를 바꾸거나 지웁니다. 사람들이 뺄 수 있습니다',
  'resources.admins-only': '소유자와 관리자',
  'resources.admins-label': '조직의 소유자와 관리자만 줄 수 있습니다',
  'resources.implies': '포함하는 권한',
  'resources.implied': '{scopes} 포함',
  'resources.first-scope': '첫 권한',
  'resources.add-scope': '권한 추가',
  'resources.change-scope': '권한 변경',
  'resources.change': '변경',
  'resources.remove': '제거',
  'resources.keep': '저장',
  'resources.remove-scope': '권한 제거',
  'resources.remove-scope-what':
    '<b><n>{resource}</n></b>의 <b>{scope}</b> 권한이 사라집니다. 다음 갱신부터 어떤 토큰에도 담기지 않습니다. 연결은 나머지 권한과 함께 남습니다.',
  'resources.fault-none': '서버에는 권한이 하나 이상 있어야 합니다. 대신 서버를 제거하세요.',
  'resources.fault-name':
    '권한 이름으로 쓸 수 없습니다. 빈칸 없는 글자와 기호여야 하고, 이미 뜻이 있는 이름은 쓸 수 없습니다.',
  'resources.fault-twice': '같은 이름의 권한이 있습니다.',
  'resources.fault-sentence': '문장은 보이는 글자 1~{most}자로, 예시는 그만큼이거나 비워 두세요.',
  'resources.fault-implies': '같은 서버의 권한만 포함할 수 있습니다.',
  'resources.new': '서버 선언',
  'resources.new-lead':
    '사람들은 이 서버처럼 그 서버에 도구를 연결하고, 도구가 무엇을 할 수 있는지 봅니다. 권한은 나중에 더할 수 있습니다.',
  'resources.declare': '선언',
  'resources.made': '서버를 선언했습니다',
  'resources.made-lead':
    '모든 노드가 1초 안에 <b><n>{resource}</n></b> 서버를 알게 됩니다. 그 서버는 다음 값으로 토큰을 확인합니다.',

  'act.resource-rotate-secret': '비밀 값 바꾸기',
  'act.resource-rotate-secret-what':
    '<b><n>{resource}</n></b> 서버가 새 비밀 값을 받으며 한 번만 보여 줍니다. 이전 값은 1초 안에 거부됩니다. 새 값을 넣을 때까지 그 서버는 토큰을 확인할 수 없습니다.',
  'act.resource-remove': '제거',
  'act.resource-remove-what':
    '<b><n>{resource}</n></b> 서버의 토큰을 더 이상 발급하지 않습니다. {connections, plural, =0 {지금은 연결이 없습니다.} other {연결 #개가 모든 서버에서 2초 안에 끝납니다.}} 다시 선언할 수 있지만 도구는 다시 승인받아야 합니다.',

  'done.resource-renamed': '서버의 이름을 바꾸었습니다.',
  'done.resource-removed': '서버를 제거했습니다.',
  'done.scope-kept': '권한을 저장했습니다. 모든 노드가 1초 안에 알게 됩니다.',
  'done.scope-removed': '권한을 제거했습니다.',
};
