import type { REQUIRED as EN } from '../en/required.js';

/** 두 번째 인증을 요구하는 조직. */
export const REQUIRED: Readonly<Record<keyof typeof EN, string>> = {
  'required.title': '{organization}의 두 번째 인증',
  'required.link': '두 번째 인증',
  'required.lead':
    '두 번째 인증을 요구하면, 구성원은 두 번째 인증을 한 뒤에야 조직의 페이지를 보거나 도구를 승인할 수 있습니다.',
  'required.on': '요구함',
  'required.off': '요구하지 않음',
  'required.lacking': '두 번째 인증이 없는 구성원',
  'required.lacking-then':
    '구성원으로는 남습니다. {connections, plural, =0 {이들의 이름으로 연결된 도구는 없습니다.} other {두 번째 인증을 요구하면 이들의 연결 #개가 끝납니다.}}',
  'required.lacking-now':
    '이곳에 오면 두 번째 인증을 설정하도록 안내합니다. 그때까지는 이들의 도구가 이곳에서 작동하지 않습니다.',
  'required.member': '{name} · {email} · {connections, plural, =0 {연결 없음} other {연결 #개}}',
  'required.connected': '연결이 있는 사람만',
  'required.see': '연결 보기',
  'required.none-found': '조건에 맞는 사람이 없습니다.',
  'required.members': '구성원 보기',
  'required.nobody': '모두 두 번째 인증이 있습니다.',
  'required.own-first': '다른 사람에게 두 번째 인증을 요구하기 전에 먼저 본인의 두 번째 인증을 하세요.',
  'required.prove': '인증하거나 설정하기',
  'required.what':
    '이제부터 회원님을 포함해 모두에게 두 번째 인증이 필요합니다. {connections, plural, =0 {끝나는 연결은 없습니다.} other {연결 #개가 2초 안에 모든 서버에서 끝나고, 해당하는 사람에게 메일로 알립니다.}} 도구는 두 번째 인증이 있는 사람이 다시 승인합니다.',
  'required.require': '두 번째 인증 요구하기',
  'required.release-what': '요구하지 않으면 다시 비밀번호만으로 충분합니다. 끝난 연결은 돌아오지 않습니다.',
  'required.release': '더 이상 요구하지 않기',
  'required.owners': '소유자만 바꿀 수 있습니다.',

  'step-up.organization': '<b><n>{organization}</n></b> 조직은 두 번째 인증을 요구합니다.',

  'done.second-factor-required': '이제부터 이곳에서는 두 번째 인증이 필요합니다.',
  'done.second-factor-optional': '이제 이곳에서는 두 번째 인증을 요구하지 않습니다.',
  'ended.second_factor_missing': '조직이 요구하는 두 번째 인증이 승인한 사람에게 없음',
  'action.organization.second_factor_required': '두 번째 인증을 요구함',
  'action.organization.second_factor_optional': '두 번째 인증을 더 이상 요구하지 않음',
  'audit.detail.connections': '끝난 연결',
  'cure.person.second-factor':
    '조직이 두 번째 인증을 요구합니다. 콘솔의 계정, 보안에서 설정한 뒤 다시 연결하거나, 다른 조직에 도구를 연결하세요.',
  'cure.operator.second-factor':
    '조직이 두 번째 인증을 요구하는데, 연결한 사람이 하지 않았습니다. 콘솔의 계정, 보안에서 설정한 뒤 다시 연결하면 됩니다.',

  'mail.required': '{organization}에서 두 번째 인증을 요구합니다',
  'mail.required-lead':
    '이제부터 {organization}에서 두 번째 인증을 요구하는데, 회원님은 아직 설정하지 않았습니다. 이 조직에 연결한 도구의 연결을 끊었습니다.',
  'mail.required-link': '설정하기',
  'mail.required-note': '설정한 뒤 도구를 다시 연결하세요.',
};
