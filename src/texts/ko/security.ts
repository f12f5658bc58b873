import type { SECURITY as EN } from '../en/security.js';

export const SECURITY: Readonly<Record<keyof typeof EN, string>> = {
  'second.title': '본인 확인',
  'second.lead': '{email} 계정의 비밀번호가 맞습니다. 한 단계만 더 거치면 됩니다.',
  'second.code': '코드',
  'second.code-hint': '인증 앱에 지금 보이는 여섯 자리 숫자나 복구 코드 하나를 입력하세요.',
  'second.submit': '계속',
  'second.again': '다른 계정으로 로그인',
  'second.empty': '코드를 입력해 주세요.',
  'second.wrong':
    '코드가 맞지 않거나 이미 사용한 코드입니다. 앱의 코드는 한 번만 쓸 수 있으니 다음 코드를 기다려 주세요.',
  'second.throttled': '틀린 코드가 너무 많았습니다. {minutes}분 뒤에 다시 시도해 주세요.',
  'second.over': '이 단계는 끝났습니다',
  'second.over-why': '시작한 지 10분이 지났거나, 다른 브라우저에서 시작했거나, 그 뒤에 비밀번호가 바뀌었습니다.',
  'second.over-advice': '다시 로그인하세요.',

  'step-up.title': '본인 확인',
  'step-up.lead': '다음 페이지에는 두 번째 인증이 필요합니다. 로그인할 때마다 한 번만 확인합니다.',
  'step-up.none': '다음으로 가려면 두 번째 인증이 필요한데, 아직 설정하지 않았습니다. 먼저 설정한 다음 계속하세요.',
  'step-up.set-up': '설정하기',

  'security.title': '보안',
  'security.link': '두 번째 인증',
  'security.link-what': '로그인할 때 비밀번호 외에 한 번 더 확인하는 것입니다.',
  'security.lead':
    '두 번째 인증이 있으면 누군가 비밀번호를 알아내도 로그인할 수 없습니다. 이곳에서 바꾼 것은 모두 메일로 알려 드립니다.',
  'security.back': '내 계정으로 돌아가기',
  'security.cancel': '취소',
  'security.next': '이제 두 번째 인증이 있습니다.',
  'security.next-link': '하던 일 계속하기',
  'security.app': '인증 앱',
  'security.app-what': '30초마다 새 코드를 보여 주는 휴대전화 앱입니다.',
  'security.app-facts': '{since} 설정 · 마지막 사용 {used}',
  'security.app-set-up': '인증 앱 설정',
  'security.app-there': '이미 인증 앱을 설정했습니다.',
  'security.app-remove': '끄기 …',
  'security.app-remove-what':
    '끄면 앱의 코드를 쓸 수 없습니다. 다른 두 번째 인증이 없으면 복구 코드도 사라지고, 두 번째 인증을 요구하는 조직에서 도구 연결이 끊깁니다.',
  'security.app-remove-submit': '앱 끄기',
  'security.codes': '복구 코드',
  'security.codes-left':
    '{count, plural, =0 {남은 코드가 없습니다.} other {#개 남았습니다.}} 두 번째 인증을 쓸 수 없을 때 코드마다 한 번씩 로그인할 수 있습니다.',
  'security.codes-few': '복구 코드가 얼마 남지 않았습니다. 새로 만드세요.',
  'security.codes-renew': '새로 만들기 …',
  'security.codes-renew-what': '지금 가진 코드는 더 이상 쓸 수 없게 됩니다.',
  'security.codes-submit': '새 복구 코드 만들기',
  'security.codes-for-nothing': '먼저 두 번째 인증을 설정하세요.',
  'security.setup-over': '페이지가 너무 오래 기다렸습니다. 새 그림을 다시 스캔해 주세요.',

  'app-setup.scan': '1. 스캔',
  'app-setup.scan-what': '인증 앱을 열어 계정을 추가하고, 카메라로 이 그림을 비추세요.',
  'app-setup.picture': '인증 앱을 위한 QR 코드. 아래에 같은 내용이 글자로 있습니다',
  'app-setup.typed': '카메라가 없나요? 대신 이 키를 입력하세요',
  'app-setup.confirm': '2. 확인',
  'app-setup.code': '앱에 보이는 코드',
  'app-setup.submit': '켜기',

  'codes.title': '복구 코드',
  'codes.once': '지금 한 번만 보여 드립니다. 종이나 비밀번호 관리자처럼 휴대전화가 아닌 곳에 보관하세요.',
  'codes.what': '두 번째 인증을 쓸 수 없을 때 코드마다 한 번씩 로그인할 수 있습니다.',
  'codes.kept': '보관했습니다',

  'done.factor-added': '두 번째 인증을 설정했습니다.',
  'done.factor-removed': '인증 앱을 껐습니다.',

  'mail.security': '계정의 보안',
  'mail.app-added': '계정에 인증 앱을 설정했습니다. 이제부터 로그인할 때 앱의 코드를 입력해야 합니다.',
  'mail.app-removed': '계정의 인증 앱을 껐습니다.',
  'mail.recovery-codes-made': '계정의 복구 코드를 새로 만들었습니다. 예전 코드는 더 이상 쓸 수 없습니다.',
  'mail.recovery-code-used': '계정의 복구 코드로 로그인했습니다.',
  'mail.codes-tried': '비밀번호를 아는 누군가가 틀린 코드를 계속 입력해서 15분 동안 막았습니다.',
  'mail.codes-tried-note':
    '본인이 한 일이 아니라면 로그인 페이지의 "비밀번호를 잊으셨나요?"에서 지금 새 비밀번호를 정하세요.',

  'passkey.title': '패스키',
  'passkey.what':
    '휴대전화, 컴퓨터 또는 보안 키가 자체 잠금으로 본인을 확인합니다. 패스키 하나로 로그인할 수 있고, 두 가지 인증을 모두 한 것으로 봅니다.',
  'passkey.facts': '{since} 추가 · 마지막 사용 {used}',
  'passkey.add': '패스키 추가',
  'passkey.new-title': '패스키 추가',
  'passkey.new-what': '이름을 정하면 브라우저가 어디에 보관할지 묻습니다.',
  'passkey.name': '패스키 이름',
  'passkey.name-hint': '다른 패스키와 구별할 이름입니다. 예: “휴대전화”, “회사 보안 키”.',
  'passkey.change': '변경',
  'passkey.rename': '이름 저장',
  'passkey.remove': '삭제',
  'passkey.remove-what':
    '이 패스키로는 더 이상 로그인할 수 없습니다. 다른 두 번째 인증이 없으면 복구 코드도 사라지고, 두 번째 인증을 요구하는 조직에서 도구 연결이 끊깁니다.',
  'passkey.without':
    '패스키에는 스크립트와 패스키를 지원하는 브라우저가 필요합니다. 이 브라우저에서는 만들 수 없습니다.',
  'passkey.use': '패스키 사용',
  'passkey.failed': '패스키를 사용하지 않았습니다. 다시 시도하거나 다른 방법으로 계속하세요.',
  'passkey.refused': '패스키를 확인하지 못했습니다. 다시 시도하거나 다른 방법으로 계속하세요.',
  'passkey.not-made': '패스키를 만들지 못했습니다. 다시 시도해 주세요.',
  'passkey.on-device': '이 기기에는 이미 이 계정의 패스키가 있습니다.',
  'passkey.not-kept': '이미 등록된 패스키이거나 패스키가 스무 개입니다. 먼저 하나를 삭제하세요.',
  'done.passkey-added': '패스키를 추가했습니다.',
  'done.passkey-renamed': '패스키의 이름을 바꾸었습니다.',
  'done.passkey-removed': '패스키를 삭제했습니다.',
  'mail.factor-reset':
    '서버의 운영자가 {time}(UTC)에 계정의 두 번째 인증을 초기화했습니다. 인증 앱, 패스키, 복구 코드가 사라졌고 모든 곳에서 로그아웃되었습니다. 다시 설정할 때까지 비밀번호만으로 로그인합니다.',
  'mail.factor-reset-link': '다시 설정하기',
  'mail.factor-reset-note':
    '요청한 적이 없다면 로그인 페이지의 "비밀번호를 잊으셨나요?"에서 새 비밀번호를 바로 정하고, 서버를 운영하는 분에게 바로 알려 주세요.',
  'mail.passkey-added': '계정에 패스키를 추가했습니다: {name}. 이 패스키만으로 로그인할 수 있습니다.',
  'mail.passkey-renamed': '계정의 패스키 이름이 바뀌었습니다: {name}.',
  'mail.passkey-removed': '계정의 패스키를 삭제했습니다.',
};
