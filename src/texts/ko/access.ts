import type { ACCESS as EN } from '../en/access.js';

/** 도구 사용 요청과 답변. */
export const ACCESS: Readonly<Record<keyof typeof EN, string>> = {
  'ask.title': '도구 사용 요청',
  'ask.heading': '<n>{organization}</n>에서는 조직이 도구를 결정합니다',
  'ask.lead':
    '소유자나 관리자가 허락하면 이 도구를 쓸 수 있습니다. 어디에 필요한지 적어 주세요. 결정하는 사람에게 메일이 가고, 이 페이지에서 기다릴 수 있습니다.',
  'ask.reason': '이유',
  'ask.reason-hint': '이 도구로 하려는 일을 한두 문장으로 적어 주세요.',
  'ask.reason-rule': '이유를 1~500자로 적어 주세요.',
  'ask.too-many': '이미 여러 도구를 요청했습니다. 답을 받거나 내일이 된 뒤에 다시 요청하세요.',
  'ask.submit': '요청하기',
  'ask.decide-yourself':
    '회원님은 결정하는 사람이므로 요청할 필요가 없습니다. 허용하는 규칙을 추가하면 이 페이지가 저절로 이어집니다.',
  'ask.add-rule': '규칙 추가',
  'ask.look-again': '다시 확인',
  'ask.waiting-title': '답을 기다리는 중',
  'ask.waiting-heading': '<n>{organization}</n>의 답을 기다리는 중',
  'ask.waiting': '{since} 요청했고, 소유자와 관리자에게 알렸습니다. 답이 오면 이 페이지가 저절로 이어집니다.',
  'ask.no-script': '이 브라우저에서는 스크립트가 실행되지 않아 저절로 이어지지 않습니다. 직접 다시 확인해 주세요.',
  'ask.waiting-until':
    '도구는 {until}까지 기다립니다. 그 뒤에 답이 오면 도구에서 다시 연결하세요. 답이 반영되어 있습니다. {over}까지 아무도 답하지 않으면 요청이 끝나고, 다시 요청할 수 있습니다.',

  'access.title': '{organization}의 도구 사용 요청',
  'access.lead':
    '요청이 필요한 도구를 쓰려는 사람들입니다. 오래된 요청이 먼저입니다. {days}일 동안 답이 없으면 요청이 끝납니다.',
  'access.asks': '{person}({role}) · {since} 요청',
  'access.answer': '답하기',
  'access.more': '다음 요청',
  'access.first': '가장 오래된 요청으로',
  'access.none': '답을 기다리는 사람이 없습니다.',
  'access.none-found': '조건에 맞는 요청이 없습니다.',
  'access.all': '기다리는 요청 모두 보기',
  'access.rules': '규칙 보기',
  'access.one-title': '{person}의 도구 사용 요청',
  'access.person': '사람',
  'access.since': '요청한 때',
  'access.until': '답할 수 있는 기한',
  'access.wants': '도구가 요청하는 것',
  'access.self-asserted':
    '이 도구의 이름은 스스로 밝힌 것일 뿐이어서 규칙으로 가리킬 수 없습니다. 여기서 추가하는 규칙은 이름을 스스로 밝혔을 뿐인 모든 도구에 적용됩니다.',
  'access.rule': '규칙으로 허용',
  'access.only': '{person}에게만',
  'access.everybody': '조직의 모두에게',
  'access.approve': '승인',
  'access.refuse': '거절',
  'access.stale': '아무것도 바뀌지 않았습니다. 그사이 다른 사람이 규칙을 바꾸었습니다. 다시 확인하고 정하세요.',
  'access.still-asks':
    '아무것도 바뀌지 않았습니다. 역할에 대한 규칙 때문에 여전히 요청이 필요합니다. 이 사람에게만 허용하거나 그 규칙을 먼저 바꾸세요.',

  'mail.access': '{person}: {organization}에서 {tool} 사용 요청',
  'mail.access-lead': '{person} 님이 {organization}에서 {tool} 사용을 요청했습니다. 회원님이 답할 수 있습니다.',
  'mail.access-link': '요청 보기',
  'mail.access-note': '누군가 답할 때까지 그곳에서 이 도구를 쓸 수 없습니다.',
  'mail.access-approved': '{organization}에서 {tool} 허용됨',
  'mail.access-approved-lead': '{organization}에서 요청한 도구를 이제 쓸 수 있습니다: {tool}',
  'mail.access-approved-note': '기다리던 페이지가 열려 있으면 이미 이어졌습니다. 아니면 도구에서 다시 연결하세요.',
  'mail.access-refused': '{organization}에서 {tool} 거절됨',
  'mail.access-refused-lead': '{organization}에서 요청한 도구를 관리자가 거절했습니다: {tool}',
  'mail.access-refused-note': '하루 뒤에 다시 요청할 수 있습니다.',

  'error.access-refused': '{organization}에서 {tool} 사용을 거절했습니다',
  'error.access-refused-why': '요청했지만 소유자나 관리자가 거절했습니다.',
  'error.access-refused-advice':
    '소유자나 관리자와 이야기해 보세요. 답을 받고 하루 뒤에 다시 요청하거나 다른 조직을 선택할 수 있습니다.',
  'error.waited-for-answer': '도구가 너무 오래 기다렸습니다',
  'error.waited-for-answer-why': '도구는 한 시간 동안 기다립니다. 요청은 그대로 남아 있고 답을 받게 됩니다.',
  'error.waited-for-answer-advice': '도구로 돌아가 다시 연결하세요. 답이 반영되어 있습니다.',

  'done.access-approved': '승인했습니다. 규칙이 만들어졌고 계속 진행할 수 있습니다.',
  'done.access-refused': '거절했습니다. 하루 뒤에 다시 요청할 수 있습니다.',
  'done.access-answered':
    '그 요청에는 더 이상 답이 필요하지 않습니다. 이미 답했거나, 기한이 지났거나, 규칙이 바뀌었습니다.',
  'action.access.requested': '도구를 요청함',
  'action.access.approved': '도구 사용 요청을 승인함',
  'action.access.refused': '도구 사용 요청을 거절함',
};
