import type { APPROVAL as EN } from '../en/approval.js';

export const APPROVAL: Readonly<Record<keyof typeof EN, string>> = {
  'tool.unverified': '확인되지 않은 이름',
  'tool.registered': '등록됨',
  'tool.verified': '확인된 도메인: {host}',
  'tool.unnamed': '도구',
  'tool.at': '{host}의 도구',

  'organization.title': '조직 선택',
  'organization.lead': '<b><n>{tool}</n></b>: 선택한 조직에서만 작업합니다.',
  'organization.legend': '조직',
  'organization.hint': '내 역할: {role} · {members}',
  'organization.continue': '계속',
  'organization.another': '다른 조직 만들기',
  'organization.create': '조직 만들기',
  'organization.none': '아직 속한 조직이 없습니다. 프로젝트를 담을 조직을 만드세요. 이름은 나중에 바꿀 수 있습니다.',
  'organization.logged-in': '{person} 계정으로 로그인했습니다.',
  'organization.not-you': '본인이 아닌가요?',
  'organization.search': '이름으로 찾기',
  'organization.find': '찾기',
  'organization.more': '조직 더 보기',
  'organization.all': '모든 조직 보기',
  'organization.none-found': '그런 이름의 조직에 속해 있지 않습니다.',
  'organization.most':
    '이미 조직 {most}개를 소유하고 있어 더 만들 수 없습니다. 더 필요하면 이 서버의 운영자에게 요청하세요.',
  'organization.choose': '먼저 조직을 선택해 주세요.',

  'approve.title': '승인',
  'approve.heading': '<n>{organization}</n>에서 <n>{tool}</n> 사용을 허용할까요?',
  'approve.self-asserted': '도구가 스스로 밝힌 이름입니다. 누구나 이 이름을 쓸 수 있습니다.',
  'approve.registered': '이 서버의 관리자가 보증하는 도구입니다.',
  'approve.verified': '{host}에서 게시한 도구이며, 이 서버가 확인했습니다.',
  'approve.imitates': '관리자가 등록한 도구와 이름이 비슷합니다. <b>그 도구가 아닙니다.</b>',
  'approve.loopback':
    '승인하면 이 컴퓨터의 프로그램에 접근 권한이 전달됩니다: <b>{host}</b>. 방금 직접 도구 연결을 시작한 경우에만 승인하세요.',
  'approve.application':
    '승인하면 이 컴퓨터에서 <b>{host}</b> 링크를 여는 앱에 접근 권한이 전달됩니다. 방금 직접 연결을 시작한 경우에만 승인하세요.',
  'approve.web':
    '승인하면 <b>{host}</b> 사이트에 접근 권한이 전달됩니다. 아는 사이트이고 방금 직접 시작한 경우에만 승인하세요.',
  'approve.permissions': '이 도구가 할 수 있는 일',
  'approve.permissions-at': '<n>{server}</n>에서 이 도구가 할 수 있는 일',
  'approve.new': '새로 요청',
  'approve.changes': '변경하는 권한',
  'approve.limits':
    '회원님이 할 수 있는 것보다 더 많은 일은 할 수 없습니다. 콘솔에서 연결을 끊거나 {days}일 동안 쓰지 않을 때까지 연결이 유지됩니다.',
  'approve.deny': '거부',
  'approve.known': '사용 이력',
  'approve.known-since':
    '{since}부터 · {people, plural, =0 {아직 아무도 쓰지 않음} other {{more, select, yes {적어도 } other {}}#명이 사용 중}}',
  'approve.known-not': '처음입니다: 아직 아무도 승인하지 않았습니다',
  'approve.server': '서버',
  'approve.organization': '<n>{organization}</n> · 내 역할: {role}',
  'approve.change': '변경',
  'approve.person': '로그인한 계정',

  'scope.organization:read': '조직과 조직 안에서의 내 역할 보기',
  'scope.organization:read.example': '조직의 이름, 내 역할',
  'scope.projects:read': '프로젝트 보기',
  'scope.projects:read.example': '프로젝트의 이름과 만든 때',
  'scope.projects:write': '프로젝트 만들기, 이름 바꾸기, 삭제하기',
  'scope.projects:write.example': '예: 프로젝트를 삭제 (30일 동안 되살릴 수 있음)',
  'scope.offline_access': '자리를 비운 동안에도 연결 유지',
  'scope.offline_access.example': '연결을 끊거나 오래 쓰지 않을 때까지 접근을 갱신',

  'return.approved': '승인됨',
  'return.denied': '거부됨',
  'return.approved-heading': '<n>{tool}</n> 연결을 승인했습니다',
  'return.denied-heading': '<n>{tool}</n> 연결을 거부했습니다',
  'return.close': '브라우저가 앱을 열지 물어볼 수 있습니다. 허용하면 끝입니다. 이 탭은 닫아도 됩니다.',
  'return.open': '<n>{tool}</n> 열기',
  'return.nothing': '아무것도 열리지 않으면 버튼을 누르세요. 그래도 연결되지 않으면 도구로 돌아가 다시 연결하세요.',
};
