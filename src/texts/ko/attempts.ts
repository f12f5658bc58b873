import type { ATTEMPTS as EN } from '../en/attempts.js';

export const ATTEMPTS: Readonly<Record<keyof typeof EN, string>> = {
  'attempts.link': '연결 시도',
  'attempts.title': '연결 시도',
  'attempts.title-of': '{organization} 연결 시도',
  'attempts.lead-operator':
    '도구를 연결하려던 모든 시도를 단계별로 보여 줍니다. 무엇을 요청했고, 어떤 규칙에 어긋났고, 어떻게 고치는지 알 수 있습니다. 최대 7일 동안, 늘어나지 않는 공간에 보관합니다.',
  'attempts.lead-organization': '이 조직을 선택한 시도입니다. 최대 7일 동안 보관합니다.',
  'attempts.lead-own': '도구를 연결하려던 시도가 각각 어떻게 되었는지 보여 줍니다. 최대 7일 동안 보관합니다.',
  'attempts.code': '지원 코드',
  'attempts.client': '도구 이름 또는 ID',
  'attempts.person': '사람',
  'attempts.outcome': '결과',
  'attempts.any': '전체',
  'attempts.since': '시작일',
  'attempts.until': '종료일',
  'attempts.show': '보기',
  'attempts.all': '모두 보기',
  'attempts.more': '이전 시도',
  'attempts.none': '지난 7일 동안 기록된 시도가 없습니다.',
  'attempts.none-found': '조건에 맞는 시도가 없습니다.',
  'attempts.unnamed': '이름 없는 도구',
  'attempts.open': '<hidden>{tool}의 </hidden>단계 보기',
  'outcome.connected': '연결됨',
  'outcome.failed': '실패',
  'outcome.unfinished': '끝나지 않음',
  'attempt.title': '연결 시도',
  'attempt.title-tool': '<n>{tool}</n> 연결 시도',
  'attempt.back': '모든 시도',
  'attempt.tool': '도구',
  'attempt.person': '사람',
  'attempt.organization': '조직',
  'attempt.steps': '단계',
  'attempt.ok': '성공',
  'attempt.failed': '실패',
  'attempt.uncertain': '추정',
  'attempt.uncertain-why': '같은 곳에서 같은 때에 있었던 일이지만 어느 도구의 것인지는 알 수 없습니다.',
  'attempt.sent': '보낸 값',
  'attempt.compared': '비교한 값',
  'attempt.rule': '규칙 <b>{rule}</b> ({section})',
  'attempt.cure': '해결 방법',
  'attempt.code': '지원 코드 {code}',
  'attempt.from': '{address}에서, {program}',
  'act.person': '도구를 연결하는 사람이 해결할 수 있습니다.',
  'act.maker': '도구를 만든 곳에서 해결해야 합니다.',
  'act.operator': '이 서버의 운영자가 해결해야 합니다.',
  'attempt.foreign': '이 코드로 보여 드릴 내용이 없습니다',
  'attempt.foreign-why': '본인의 시도가 아니거나 7일이 지났습니다.',
  'attempt.foreign-advice': '이 서버의 운영자에게 코드를 알려 주세요. 운영자가 찾아볼 수 있습니다.',
  'error.attempt': '무슨 일이 있었는지 단계별로 보기',
  'step.challenge': '도구가 토큰 없이 요청',
  'step.resource-metadata': '서버가 보호하는 것을 확인',
  'step.server-metadata': '토큰을 요청하는 방법을 확인',
  'step.registration': '도구 등록',
  'step.document': '도구가 자신의 문서로 알려짐',
  'step.authorize': '브라우저에서 이 서버를 엶',
  'step.log-in': '로그인',
  'step.organization': '조직 선택',
  'step.approval': '승인 또는 거부',
  'step.token': '도구가 토큰을 받음',
  'step.call': '도구가 MCP 서버를 사용',
  'step.refresh': '도구가 토큰을 갱신',
  'step.revocation': '토큰 해지',
  'step.introspection': '리소스 서버가 토큰을 확인',
  'step.page': '다른 요청',
  'cure.person.parameter-form':
    '도구가 요청에 필요한 값을 빠뜨렸거나 두 번 보냈습니다. 도구를 업데이트하고 다시 연결하세요.',
  'cure.operator.parameter-form':
    '표시된 매개변수가 없거나 반복되었거나 텍스트가 아닙니다. 도구는 이를 한 번만 보내야 합니다. 프록시가 쿼리를 고쳐 쓴다면 그 설정을 끄세요.',
  'cure.person.body-form': '도구가 이 서버에서 읽지 않는 형식으로 요청을 보냈습니다. 도구를 업데이트하세요.',
  'cure.operator.body-form':
    '토큰 엔드포인트는 application/x-www-form-urlencoded 본문만 읽습니다. 도구가 다른 형식으로 보냈습니다.',
  'cure.person.request-form': '도구가 이 서버의 주소를 잘못된 방식으로 사용했습니다. 도구에 입력한 주소를 확인하세요.',
  'cure.operator.request-form':
    '메서드, 주소 또는 콘텐츠 형식이 이 엔드포인트의 것이 아닙니다. 메타데이터와 비교하고, 리디렉션하는 프록시가 있는지 살펴보세요.',
  'cure.person.client-known': '도구에서 이 서버를 삭제하고 다시 추가한 뒤 연결하세요.',
  'cure.operator.client-known':
    '클라이언트 ID가 다른 서버에서 만들어졌거나, SECRETS에 더 이상 없는 비밀로 만들어졌거나, 차단되었습니다. 이전 비밀을 두 번째 값으로 되돌리거나 사용자에게 서버를 다시 추가하게 하세요.',
  'cure.person.client-document': '1분 뒤에 다시 시도하세요. 계속 이렇다면 이 서버의 운영자에게 알려 주세요.',
  'cure.operator.client-document':
    '클라이언트 ID 주소의 문서를 가져올 수 없었거나 내용이 올바르지 않습니다. 아래 값이 문제를 알려 줍니다. 이 서버가 그 호스트에 https로 접근할 수 있게 하거나, CIMD=off로 설정하면 도구가 대신 등록합니다. 문서 자체의 문제는 도구를 만든 곳에서 고쳐야 합니다.',
  'cure.person.client-authentication-method': '도구에서 이 서버를 삭제하고 다시 추가한 뒤 연결하세요.',
  'cure.operator.client-authentication-method':
    '도구가 등록한 것과 다른 방식으로 자신을 증명했습니다. 등록한 방식을 사용해야 합니다.',
  'cure.person.client-secret': '도구를 설정한 사람에게 현재 비밀 값을 요청하세요.',
  'cure.operator.client-secret':
    '비밀 값이 현재 것이 아닙니다. client rotate-secret으로 새 값을 만들어 도구에 넣으세요.',
  'cure.person.client-assertion': '다시 시도하세요. 계속 이렇다면 도구를 만든 곳에 알려 주세요.',
  'cure.operator.client-assertion':
    '도구의 서명된 증명이 거절되었습니다. 아래 값이 이유를 알려 줍니다. 도구의 시계, audience, 공개한 키를 확인하세요.',
  'cure.person.resource-server-credentials': '도구가 사용하는 서버의 운영자에게 문의하세요.',
  'cure.operator.resource-server-credentials':
    '리소스 서버의 자격 증명이 틀립니다. resource create나 resource rotate-secret이 출력한 값을 넣으세요.',
  'cure.person.redirect-uri-form': '도구를 업데이트하세요. 도구가 안전하지 않은 주소로 응답을 받으려 합니다.',
  'cure.operator.redirect-uri-form':
    '리디렉션 URI는 https, 루프백 주소의 http, 또는 허용된 사설 스킴이어야 합니다. 신뢰한다면 PRIVATE_USE_REDIRECT_URIS로 스킴을 허용하세요.',
  'cure.person.redirect-uri-registered':
    '직접 시작한 것이 아니라면 계속하지 마세요. 직접 시작했다면 도구에서 이 서버를 삭제하고 다시 추가한 뒤 연결하세요.',
  'cure.operator.redirect-uri-registered':
    '응답을 받을 주소가 등록된 것이 아닙니다. 한 글자씩 비교하세요. 루프백 주소의 포트만 달라도 됩니다. 도구가 이 주소로 다시 등록해야 합니다.',
  'cure.person.response-type': '도구를 업데이트하세요. 안전하지 않은 옛 방식으로 요청했습니다.',
  'cure.operator.response-type': '도구는 response_type=code를 보내고, response_mode는 query이거나 없어야 합니다.',
  'cure.person.no-request-object': '도구를 업데이트하세요.',
  'cure.operator.no-request-object': '도구는 요청 객체가 아니라 쿼리로 매개변수를 보내야 합니다.',
  'cure.person.state-length': '도구를 업데이트하세요.',
  'cure.operator.state-length': '도구의 state가 4096자보다 깁니다.',
  'cure.person.prompt': '브라우저 앞에 있을 때 다시 연결하세요.',
  'cure.operator.prompt':
    '도구가 페이지 없이 답하라고 했거나 알 수 없는 방식으로 요청했습니다. prompt를 빼거나 login, consent, select_account를 보내야 합니다.',
  'cure.person.code-challenge': '도구를 업데이트하세요. 이 서버가 요구하는 보호 장치(PKCE)를 쓰지 않았습니다.',
  'cure.operator.code-challenge': '도구는 43자의 code_challenge와 code_challenge_method=S256을 보내야 합니다.',
  'cure.person.code-verifier-form': '다시 연결하세요. 계속 이렇다면 도구를 업데이트하세요.',
  'cure.operator.code-verifier-form': 'code_verifier는 비예약 문자 43~128자여야 합니다.',
  'cure.person.resource-known': '도구에 입력한 주소를 확인하세요. 콘솔에 보이는 주소와 정확히 같아야 합니다.',
  'cure.operator.resource-known':
    '도구가 여기에 선언되지 않은 서버의 토큰을 요청했습니다. 정확한 주소를 알려 주거나 resource create로 서버를 선언하세요.',
  'cure.person.one-resource': '도구를 한 번에 한 서버에만 연결하세요.',
  'cure.operator.one-resource': '토큰 하나는 리소스 하나에만 쓰입니다. 도구가 여러 개를 지정했습니다.',
  'cure.person.resource-granted': '다시 연결하세요.',
  'cure.operator.resource-granted':
    '도구가 승인된 것과 다른 서버의 토큰을 요청했습니다. 인가 요청의 resource를 보내거나 보내지 않아야 합니다.',
  'cure.person.scope-known': '도구를 업데이트하거나 권한을 지정하지 않고 연결하세요.',
  'cure.operator.scope-known':
    '도구가 이 리소스에 없는 권한을 요청했습니다. 두 목록을 비교하세요. scope를 빼면 전부 요청합니다.',
  'cure.person.scope-form': '도구를 업데이트하세요.',
  'cure.operator.scope-form': '권한은 따옴표나 백슬래시 없이 공백으로 구분해야 합니다.',
  'cure.person.scope-granted': '다시 연결하고 빠진 권한을 승인하세요.',
  'cure.operator.scope-granted':
    '갱신할 때는 승인된 것보다 많은 권한을 요청할 수 없습니다. 도구가 인가 엔드포인트에서 요청해야 합니다.',
  'cure.person.grant-type': '도구를 업데이트하세요.',
  'cure.operator.grant-type': '토큰 엔드포인트는 authorization_code와 refresh_token만 압니다.',
  'cure.person.grant-type-registered': '도구에서 이 서버를 삭제하고 다시 추가한 뒤 연결하세요.',
  'cure.operator.grant-type-registered': '도구가 refresh_token 없이 등록해 놓고 이를 사용하려 했습니다.',
  'cure.person.code-known': '도구에서 다시 연결하세요.',
  'cure.operator.code-known':
    '이 서버가 만든 코드가 아니거나 도중에 잘렸습니다. 한 이름 뒤의 여러 서버는 SECRETS와 데이터베이스를 함께 써야 합니다.',
  'cure.person.code-proof': '다시 연결하세요. 계속 이렇다면 도구를 업데이트하세요.',
  'cure.operator.code-proof':
    '코드가 요청할 때와 다른 클라이언트, 리디렉션 URI 또는 검증값과 함께 왔습니다. 값을 비교하세요. 한 도구의 두 창이 서로 섞였을 수 있습니다.',
  'cure.person.code-once': '안전을 위해 연결을 끝냈습니다. 다시 연결하세요.',
  'cure.operator.code-once':
    '코드가 두 번 사용되어 연결이 끝났습니다. 도구는 요청을 반복하지 말아야 합니다. 반복하는 프록시가 있는지 살펴보세요.',
  'cure.person.code-life': '다시 연결하고 도구가 바로 끝내게 하세요.',
  'cure.operator.code-life':
    '코드가 너무 오래되었거나 사람, 조직, 클라이언트가 더 이상 유효하지 않습니다. 시각을 비교하세요.',
  'cure.person.refresh-token-known': '다시 연결하세요.',
  'cure.operator.refresh-token-known':
    '리프레시 토큰이 다른 클라이언트나 서버의 것이거나, SECRETS에 더 이상 없는 비밀로 만들어졌습니다.',
  'cure.person.refresh-token-once': '안전을 위해 연결을 끝냈습니다. 다시 연결하세요.',
  'cure.operator.refresh-token-once':
    '유예 시간이 지난 뒤 오래된 리프레시 토큰이 다시 왔기 때문에 연결이 끝났습니다. 도구의 모든 프로세스는 가장 새로운 토큰을 한곳에 보관해야 합니다.',
  'cure.person.grant-stands': '연결이 끝났습니다. 다시 연결하거나 조직의 관리자에게 문의하세요.',
  'cure.operator.grant-stands':
    '누가 또는 무엇이 끝냈는지 아래 값에 나옵니다. 본인, 관리자, 조직에서의 제외, 차단 또는 시간입니다.',
  'cure.person.registration': '도구를 업데이트하세요.',
  'cure.operator.registration': '등록 내용이 올바르지 않습니다. 아래 값이 잘못된 항목을 알려 줍니다.',
  'cure.person.feed-position': '도구가 사용하는 서버의 운영자에게 문의하세요.',
  'cure.operator.feed-position':
    '리소스 서버가 해지 목록을 잘못된 위치에서 읽습니다. next를 따르거나 since 없이 시작해야 합니다.',
  'cure.person.access-token': '도구가 스스로 연결하지 않으면 다시 연결하세요.',
  'cure.operator.access-token':
    '액세스 토큰이 만료되었거나, 해지되었거나, 다른 서버의 것입니다. audience, issuer, 시각을 비교하세요. 도구가 갱신해야 합니다.',
  'cure.person.access-token-sent-once': '도구를 업데이트하세요.',
  'cure.operator.access-token-sent-once':
    '토큰이 두 곳에 있었습니다. Authorization 헤더에 한 번만 있어야 하며, 주소에는 절대 없어야 합니다.',
  'cure.person.access-token-presented': '도구를 업데이트하거나, 도구에서 이 서버를 삭제하고 다시 추가하세요.',
  'cure.operator.access-token-presented':
    '도구가 토큰을 받고도 Authorization 헤더에 보내지 않았습니다. 헤더를 지우는 프록시가 있는지 살펴보세요.',
  'cure.person.access-token-scope': '다시 연결하고 빠진 권한을 승인하세요.',
  'cure.operator.access-token-scope':
    '호출에 필요한 권한이 승인되지 않았습니다. 도구가 스스로, 또는 다시 연결할 때 그 권한을 요청합니다.',
  'cure.person.scope-allowed':
    '내 역할이나 조직이 허용하지 않는 일입니다. 소유자나 관리자에게 요청하세요. 다시 승인해도 달라지지 않습니다.',
  'cure.operator.scope-allowed':
    '호출에 필요한 권한이 그 사람의 역할이나 이 클라이언트에 대한 조직의 한도를 벗어납니다. 소유자나 관리자가 둘 중 하나를 바꿀 수 있으며, 다시 승인해도 달라지지 않습니다.',
  'cure.person.page-of-this-browser': '도구에서 다시 시작하세요. 같은 브라우저를 쓰고 이 서버의 쿠키를 허용하세요.',
  'cure.operator.page-of-this-browser':
    '시작한 브라우저가 아닌 곳에서 페이지를 열었거나 브라우저가 쿠키를 저장하지 않습니다.',
  'cure.person.page-in-time': '도구에서 다시 시작하세요. 요청에는 한 시간 안에 답해야 합니다.',
  'cure.operator.page-in-time': '도구가 요청한 지 한 시간이 지난 뒤에 답했습니다. 도구에서 다시 시작하면 됩니다.',
  'cure.person.page-of-this-person': '도구에서 한 계정으로 다시 시작하세요.',
  'cure.operator.page-of-this-person':
    '처음 페이지와 마지막 페이지 사이에 다른 사람이 로그인했습니다. 도구에서 다시 시작하면 됩니다.',
  'cure.person.sign-up-open': '이 서버의 운영자에게 계정을 요청하세요.',
  'cure.operator.sign-up-open':
    '스스로 계정을 만들 수 없게 되어 있습니다. SIGN_UP=open으로 허용하거나, 초대하거나, user create를 사용하세요.',
  'cure.person.log-in': '이메일 주소와 비밀번호를 확인하거나 새 비밀번호를 요청하세요.',
  'cure.operator.log-in':
    '이메일 주소와 비밀번호가 맞지 않았거나 시도 횟수가 너무 많았습니다. 나중에 다시 시도하거나 비밀번호를 새로 정하면 됩니다.',
  'cure.person.organization-policy':
    '조직에서 이 도구를 허용하지 않습니다. 조직의 소유자나 관리자에게 허용을 요청하거나 다른 조직으로 연결하세요.',
  'cure.person.organization-chosen': '조직을 선택하거나 같은 페이지에서 만드세요.',
  'cure.operator.organization-policy':
    '조직의 정책에서 이 도구를 허용하지 않습니다. 소유자나 관리자가 콘솔의 AI 클라이언트에서 바꿀 수 있습니다.',
  'cure.operator.organization-chosen':
    '조직을 선택하지 않았거나 속한 조직이 없습니다. 조직을 선택하거나 만들면 됩니다.',
  'cure.person.person-approves': '거부했습니다. 도구를 쓰려면 다시 연결하고 승인을 누르세요.',
  'cure.operator.person-approves':
    '사용자가 거부를 눌렀습니다. 문제가 있는 것은 아니며, 다시 연결해서 승인을 누르면 됩니다.',
  'cure.person.link-of-this-person': '로그아웃한 다음 링크를 다시 여세요.',
  'cure.operator.link-of-this-person':
    '로그인한 사람이 다른 사람에게 보낸 링크를 열었습니다. 로그아웃한 다음 다시 열면 됩니다.',
  'cure.person.link-usable': '새 링크를 요청하세요. 링크는 정해진 시간 안에 한 번만 쓸 수 있습니다.',
  'cure.operator.link-usable': '링크가 이미 사용되었거나 너무 오래되었습니다. 새 링크를 보내세요.',
  'cure.person.answered-once': '도구가 연결되지 않았다면 도구에서 다시 시작하세요.',
  'cure.operator.answered-once':
    '이미 승인되거나 거부된 요청의 페이지를 다시 보냈습니다. 도구가 연결되지 않았다면 도구에서 다시 시작하면 됩니다.',
  'cure.person.decision-given': '뒤로 가서 승인이나 거부를 누르세요.',
  'cure.operator.decision-given': '결정 없이 양식이 도착했습니다. 도구에서 다시 시작하면 됩니다.',
  'cure.person.form-of-this-session': '페이지를 새로 고치고 양식을 다시 보내세요.',
  'cure.operator.form-of-this-session':
    '다른 세션의 양식입니다. 그 사이에 로그인이나 로그아웃을 했거나 쿠키가 차단되었습니다.',
  'cure.person.origin-allowed': '이 서버의 운영자에게 사용하는 페이지를 허용해 달라고 요청하세요.',
  'cure.operator.origin-allowed':
    '요청의 Host나 Origin이 허용되지 않습니다. 프록시가 Host 헤더를 그대로 넘기게 하고, 웹 출처는 MCP_ORIGINS로 허용하세요.',
  'cure.person.database-reachable': '잠시 기다렸다가 다시 시도하세요. 잃어버린 것은 없습니다.',
  'cure.operator.database-reachable':
    '데이터베이스가 응답하지 않았습니다. 로그를 확인하세요. 다시 응답하는지는 GET /health/ready로 알 수 있습니다.',
  'cure.person.capacity': '잠시 기다렸다가 다시 시도하세요. 잃어버린 것은 없습니다.',
  'cure.operator.capacity':
    '이 프로세스가 한 번에 처리할 수 있는 것보다 많은 요청이 있었습니다. docs/scaling.md를 참고해 프로세스를 늘리거나 데이터베이스를 빠르게 하세요.',
  'cure.person.server-fault': '다시 시도하세요. 또 생기면 이 서버의 운영자에게 코드를 알려 주세요.',
  'cure.operator.server-fault': '이 서버의 잘못입니다. 로그에서 이 코드로 스택을 찾아 알려 주세요.',
};
